/** Columns as they are written on the command line: `due:timestamp:nullable`, `owner:ref:users`. */

const NAME = /^[a-z][A-Za-z0-9]{0,62}$/;

/** How a value of each type is checked when it comes as an argument. Null: it is not asked for. */
const TYPES = {
  text: "z.string().trim().min(1).max(10_000)",
  int: "z.int()",
  bigint: "z.bigint()",
  real: "z.number()",
  boolean: "z.boolean()",
  timestamp: "moment",
  blob: "z.instanceof(Uint8Array)",
  json: "z.json()",
};

const SAMPLES = {
  text: '"x"',
  int: "1",
  bigint: "1n",
  real: "1.5",
  boolean: "true",
  timestamp: "new Date(0)",
  blob: "new Uint8Array(1)",
  json: "{}",
  ref: '"1"',
};

/** What the types are called elsewhere. */
const MEANT = {
  string: "text",
  varchar: "text",
  number: "int, or real,",
  integer: "int",
  float: "real",
  double: "real",
  bool: "boolean",
  date: "timestamp",
  datetime: "timestamp",
  object: "json",
  array: "json",
  bytes: "blob",
};

const MODIFIERS = ["nullable", "unique", "index"];

/**
 * @typedef {object} Column
 * @property {string} name
 * @property {string} type
 * @property {string | null} target The table that a ref refers to.
 * @property {boolean} nullable
 * @property {boolean} unique
 * @property {boolean} index
 */

/** @returns {Column} */
export function parseColumn(written) {
  const [name, type, ...rest] = written.split(":");
  checkName("column", name);
  if (name === "id") throw new Error("Every table has an id: leave it out.");
  if (type !== "ref" && !Object.hasOwn(TYPES, type ?? ""))
    throw new Error(noSuchType(written, type));
  const target = type === "ref" ? rest.shift() : null;
  if (target === undefined) {
    throw new Error(`"${written}" does not say what it refers to. Write ${name}:ref:TABLE.`);
  }
  for (const modifier of rest) {
    if (MODIFIERS.includes(modifier)) continue;
    throw new Error(
      `"${written}": "${modifier}" cannot follow a type. What can: ${MODIFIERS.join(", ")}.`,
    );
  }
  const column = {
    name,
    type,
    target,
    nullable: rest.includes("nullable"),
    unique: rest.includes("unique"),
    index: rest.includes("index"),
  };
  if (type === "json" && (column.unique || column.index)) {
    throw new Error(
      `"${written}": documents cannot be compared, so they are neither unique nor indexed.`,
    );
  }
  return column;
}

function noSuchType(written, type) {
  const what = type
    ? `there is no type "${type}"${Object.hasOwn(MEANT, type) ? ` (${MEANT[type]} is the one for that)` : ""}`
    : "the type is missing";
  return `"${written}": ${what}. A column is written name:type. The types are ${Object.keys(TYPES).join(", ")}, and ref:TABLE for a row of another table.`;
}

/** As it is declared in the schema. */
export function declarationOf({ type, target, nullable, unique }, { table, cascades = false }) {
  const options = cascades ? ', { onDelete: "cascade" }' : "";
  // A table that refers to itself would be part of its own type.
  const result = target === table ? ": AnyColumn" : "";
  const base = type === "ref" ? `ref(()${result} => ${target}.id${options})` : `${type}()`;
  return `${base}${nullable ? ".nullable()" : ""}${unique ? ".unique()" : ""}`;
}

/** As it is checked among the args of a mutator. */
export function argumentOf({ type, nullable }) {
  const base = type === "ref" ? "rowId" : TYPES[type];
  return `${base}${nullable ? ".nullable()" : ""}`;
}

/** A value of it, as it is written in a test. */
export function sampleOf({ type, nullable }) {
  return nullable ? "null" : SAMPLES[type];
}

export function checkName(what, name) {
  if (NAME.test(name ?? "")) return;
  throw new Error(
    `"${name ?? ""}" cannot be the name of a ${what}. Use camel case: a small letter, then letters and digits.`,
  );
}

export function capitalized(name) {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** `projects` → `project`, `categories` → `category`; null for what does not look like a plural. */
export function singularOf(plural) {
  if (/ies$/.test(plural)) return plural.replace(/ies$/, "y");
  if (/(ss|x|ch|sh)es$/.test(plural)) return plural.slice(0, -2);
  if (/[^s]s$/.test(plural)) return plural.slice(0, -1);
  return null;
}

/** `projectTasks` → `project tasks` */
export function inWords(name) {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** `project` → `a project`, `invite` → `an invite` */
export function withArticle(words) {
  return `${/^[aeio]/.test(words) ? "an" : "a"} ${words}`;
}

/** `projectTasks` → `project-tasks` */
export function kebab(name) {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
