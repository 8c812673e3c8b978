/**
 * What `bug-bank.mjs` takes for a catch: in which order seeds are tried, what must still be so of a catch that is kept in
 * `catches.json`, and which seeds have to be quiet when no bug is planted.
 *
 * @typedef {{ seed: number, ops: number }} Job
 * @typedef {Job & { seeds: number, violation: string }} Catch
 */

/** What `npm test` runs with no bug planted. */
export const QUIET = { seeds: 300, ops: 500 };

const SHORT = 50;

/**
 * Short runs are worth a try first: what they find is found again in no time. The order does not depend on how many are
 * tried, so that the number of a seed says the same of each bug.
 *
 * @param {{ seeds: number, few: number, many: number }} options
 * @returns {Job[]}
 */
export function huntingOrder({ seeds, few, many }) {
  return Array.from({ length: seeds }, (_, at) =>
    at < SHORT ? { seed: at + 1, ops: few } : { seed: at + 1 - SHORT, ops: many },
  );
}

/** Whether this is a promise that the engine has broken. When the simulator itself fails, nothing was checked. */
export function isCatch(violation) {
  return violation !== null && !violation.startsWith("The simulator failed");
}

/** What a violation begins with: the name of its checker. */
export function checkerOf(violation) {
  return violation.split(":")[0].replaceAll("|", "");
}

/**
 * Why the catches are not those of the bank: whoever adds a bug has to hunt for it, and a bug that is renamed leaves a catch
 * behind that nothing replays.
 *
 * @param {readonly string[]} names Of the bugs.
 * @param {Record<string, Catch>} catches
 */
export function gapsOf(names, catches) {
  return [
    ...names
      .filter((name) => !Object.hasOwn(catches, name))
      .map((name) => `not caught: ${name}: it has no seed yet; hunt for it with --bug and --write`),
    ...Object.keys(catches)
      .filter((name) => !names.includes(name))
      .map(
        (name) =>
          `not planted: ${name}: it has a seed, and is not in the bank; take it out of catches.json`,
      ),
  ];
}

/**
 * What is wrong with a seed that was run again; null if it has caught the bug as it did before. Another checker may see
 * nothing but what follows from the bug.
 *
 * @param {Catch} before
 * @param {string | null} violation What the seed has found now.
 */
export function differenceFrom(before, violation) {
  if (violation === null) return "its seed finds nothing any more";
  if (!isCatch(violation)) return violation.split("\n")[0];
  const [then, now] = [checkerOf(before.violation), checkerOf(violation)];
  return then === now ? null : `by ${now} instead of ${then}`;
}

/**
 * The seeds that have to be run without any bug: what they find then is no catch. Each once, and none that `npm test` runs
 * anyway.
 *
 * @param {readonly Job[]} catches
 * @returns {Job[]}
 */
export function controlsOf(catches) {
  const isQuiet = ({ seed, ops }) => ops === QUIET.ops && seed <= QUIET.seeds;
  const jobs = catches.filter((job) => !isQuiet(job));
  const distinct = new Map(jobs.map(({ seed, ops }) => [`${seed} ${ops}`, { seed, ops }]));
  return [...distinct.values()];
}
