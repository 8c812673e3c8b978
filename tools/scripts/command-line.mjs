/** The command line of what `npm start`, `npm test` and the like run: `--help`, and options that there are not. */
import { parseArgs } from "node:util";
import { Complaint, runMain } from "./complaint.mjs";

/**
 * Runs a script's main function with the options that it was given, or prints what there is to give.
 *
 * @param {{
 *   command: string, does: string, notes?: string[], positionals?: { takes: string, does: string },
 *   options?: Record<string, { type: "string" | "boolean", default?: string | boolean, takes?: string, does: string }>,
 * }} spec
 *   `command` is what one types, `takes` stands for a value. `positionals` are refused without an entry here.
 * @param {(given: { values: Record<string, any>, positionals: string[] }) => Promise<void>} main
 */
export async function runCommand(spec, main) {
  await runMain(async () => {
    const given = read(spec);
    if (given.values.help) return console.log(help(spec));
    await main(given);
  });
}

/** What an option was given that takes a number, such as `--rounds`. Throws a complaint for anything but a whole one above 0. */
export function wholeNumber(text, option) {
  const number = naturalNumber(text, option);
  if (number > 0) return number;
  throw new Complaint(`${option} takes whole numbers above 0, not "${text}".`);
}

/** The same, or 0. */
export function naturalNumber(text, option) {
  const number = Number(text);
  if (text !== "" && Number.isSafeInteger(number) && number >= 0) return number;
  throw new Complaint(`${option} takes whole numbers, not "${text}".`);
}

function read(spec) {
  const options = { ...spec.options, help: { type: "boolean", default: false } };
  try {
    return parseArgs({ options, allowPositionals: spec.positionals !== undefined });
  } catch (error) {
    if (!String(error.code).startsWith("ERR_PARSE_ARGS_")) throw error;
    throw new Complaint(`${sentence(error)} ${known(spec, Object.keys(options))}`);
  }
}

function sentence({ code, message }) {
  const [line] = message.split("\n");
  const [, named] = /'([^']+)'/.exec(line) ?? [];
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") return `There is no option ${named}.`;
  if (code === "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL") return `"${named}" is one word too many.`;
  if (line.endsWith("argument missing")) return `${named.split(" ")[0]} needs a value.`;
  if (line.endsWith("does not take an argument")) return `${named} takes no value.`;
  return line.endsWith(".") ? line : `${line}.`;
}

function known({ command }, names) {
  const list = names.map((name) => `--${name}`).join(", ");
  return `\`${command}\` takes ${list}; what they do is told by \`${command} -- --help\`.`;
}

function help({ command, does, notes = [], positionals, options = {} }) {
  const rows = Object.entries(options).map(([name, { takes, does: what }]) => [
    takes ? `--${name} ${takes}` : `--${name}`,
    what,
  ]);
  if (positionals) rows.push([positionals.takes, positionals.does]);
  rows.push(["--help", "Prints this."]);
  const width = Math.max(...rows.map(([option]) => option.length));
  return [
    `${command}${rows.length > 1 ? " -- [options]" : ""}`,
    "",
    does,
    "",
    ...rows.map(([option, what]) => `  ${option.padEnd(width)}  ${what}`),
    ...notes.flatMap((note) => ["", note]),
  ].join("\n");
}
