/** Which names tables, columns, aliases and mutators may have: one rule, so that no name is safe in one place only. */

import { PlasmaDefinitionError } from "../errors.ts";
import { describeValue } from "./value.ts";

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;

const POSTGRES_COLUMNS = /^(tableoid|ctid|xmin|xmax|cmin|cmax)$/i;

/**
 * Refuses names that need quoting, that SQLite keeps for itself, or that every object has already ("constructor",
 * "toString"): looked up in an object, those would find the prototype's.
 */
export function checkName(what: string, name: unknown): asserts name is string {
  if (typeof name !== "string" || !NAME.test(name)) {
    throw new PlasmaDefinitionError(
      `${typeof name === "string" ? `"${name}"` : describeValue(name)} cannot be the name of a ${what}. Use a letter followed by up to 62 letters, digits or underscores.`,
    );
  }
  if (name in Object.prototype || name === "prototype") {
    throw new PlasmaDefinitionError(
      `"${name}" cannot be the name of a ${what}: JavaScript uses that name itself. Choose another one.`,
    );
  }
  if (POSTGRES_COLUMNS.test(name)) {
    throw new PlasmaDefinitionError(
      `"${name}" cannot be the name of a ${what}: every table of Postgres has a column of that name. Choose another one.`,
    );
  }
  if (/^sqlite_/i.test(name)) {
    throw new PlasmaDefinitionError(
      `"${name}" cannot be the name of a ${what}: SQLite keeps names that begin with "sqlite_" for itself.`,
    );
  }
}

/** Refuses two names that differ in case only: SQL takes them for the same. */
export function checkDistinct(what: string, names: Iterable<string>): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const folded = name.toLowerCase();
    const other = seen.get(folded);
    if (other !== undefined) {
      throw new PlasmaDefinitionError(
        `"${other}" and "${name}" cannot both be names of ${what}: SQL does not tell upper case from lower. Rename one of them.`,
      );
    }
    seen.set(folded, name);
  }
}
