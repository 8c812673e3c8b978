/** Which tests failed, read from what the tools of `npm test` report or print, and how its summary lists them. */
import { relative, sep } from "node:path";
import { stripVTControlCharacters } from "node:util";

/** @typedef {{ file: string, name?: string, error?: string }} Failure `name` and `error` where there are any. */

const LIMIT = 20;

/** @returns {Failure[]} from the report of Vitest's `json` reporter. */
export function vitestFailures(report, root) {
  return (report?.testResults ?? []).flatMap((result) => {
    const file = shortPath(result.name, root);
    const failed = result.assertionResults.filter(({ status }) => status === "failed");
    // Nothing of it ran, say because it does not compile or a hook failed.
    if (failed.length === 0 && result.status === "failed") {
      return [{ file, error: firstLine(result.message) }];
    }
    return failed.map(({ ancestorTitles, title, failureMessages }) => ({
      file,
      name: [...ancestorTitles, title].join(" > "),
      error: firstLine(failureMessages[0]),
    }));
  });
}

/** @returns {Failure[]} from the report of Playwright's `json` reporter. */
export function playwrightFailures(report, root) {
  const ofSuite = ({ suites = [], specs = [] }, titles, rootDir) => [
    ...specs.flatMap(({ file, title, tests }) =>
      tests
        .filter(({ status }) => status === "unexpected")
        .map(({ results }) => ({
          file: shortPath(`${rootDir}/${file}`, root),
          name: [...titles, title].join(" > "),
          error: firstLine(results.at(-1)?.error?.message),
        })),
    ),
    ...suites.flatMap((suite) => ofSuite(suite, [...titles, suite.title], rootDir)),
  ];
  const rootDir = report?.config?.rootDir;
  return [
    // The outermost suites are the files.
    ...(report?.suites ?? []).flatMap((suite) => ofSuite(suite, [], rootDir)),
    ...(report?.errors ?? []).map(({ location, message }) => ({
      file: location ? shortPath(location.file, root) : "apps/todo-e2e",
      error: firstLine(message),
    })),
  ];
}

/** @returns {Failure[]} from what `prettier --check` printed. */
export function prettierFailures(output) {
  return linesOf(output).flatMap((line) => {
    const [, level, text] = /^\[(warn|error)\] (.+)$/.exec(line) ?? [];
    if (level === "error") {
      const [, file, error] = /^(\S+): (.+)$/.exec(text) ?? [];
      return file ? [{ file, error }] : [];
    }
    const isFile = text && !text.startsWith("Code style issues");
    return isFile ? [{ file: text, error: "is formatted by `npm run format`" }] : [];
  });
}

/** @returns {Failure[]} from what ESLint printed: for each file with errors the first of them. */
export function eslintFailures(output, root) {
  const failures = new Map();
  let file;
  for (const line of linesOf(output)) {
    const [, at, error] = /^\s+(\d+:\d+)\s+error\s+(.+)$/.exec(line) ?? [];
    if (at && file && !failures.has(file)) {
      failures.set(file, { file, error: `${at} ${error.replace(/\s{2,}/g, " ")}` });
    }
    if (/^\S*[/\\]\S+$/.test(line)) file = shortPath(line, root);
  }
  return [...failures.values()];
}

/** @returns {Failure[]} from what dependency-cruiser printed. */
export function cruiserFailures(output) {
  return linesOf(output).flatMap((line) => {
    const [, rule, file] = /^\s*error ([\w-]+): (\S+)/.exec(line) ?? [];
    return file ? [{ file, error: `breaks the rule ${rule}` }] : [];
  });
}

/** @returns {Failure[]} from what the simulator or its bug bank printed. `script` is the one that did. */
export function simulationFailures(output, script) {
  const lines = linesOf(output);
  return lines.flatMap((line, at) => {
    if (/^(not (caught|planted)|never reached): /.test(line))
      return [{ file: script, error: line }];
    const [, seed, course] = /^(seed \d+)[ :](.*)$/.exec(line) ?? [];
    if (!seed) return [];
    const detail = lines[at + 1]?.startsWith("  ") ? lines[at + 1] : course;
    return [{ file: script, name: seed, error: detail.trim() }];
  });
}

/**
 * What the summary says of them, just before its last line.
 * @param {{ name: string, failures?: Failure[] }[]} results of the steps.
 */
export function failureLines(results, limit = LIMIT) {
  const all = results.flatMap(({ name: step, failures = [] }) =>
    failures.map((failure) => ({ step, ...failure })),
  );
  if (all.length === 0) return [];
  const lines = all.slice(0, limit).flatMap(({ step, file, name, error }) => {
    const title = `  ${step.padEnd(10)} ${file}${name ? ` > ${name}` : ""}`;
    return error ? [title, `             ${error}`] : [title];
  });
  if (all.length > limit) lines.push(`  … and ${all.length - limit} more, see above.`);
  return ["", "Failed", ...lines, ""];
}

function firstLine(message) {
  return linesOf(message ?? "")
    .find((line) => line.trim() !== "")
    ?.trim();
}

function linesOf(text) {
  return stripVTControlCharacters(text).split(/\r?\n/);
}

function shortPath(path, root) {
  const short = relative(root, path);
  return (short.startsWith("..") ? path : short).split(sep).join("/");
}
