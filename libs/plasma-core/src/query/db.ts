/** The two faces of a database: reading (app code) and reading and writing (mutators). */

import { selectFrom } from "./select.ts";
import type { SelectFrom, SelectRunner } from "./select.ts";
import { writeMethods } from "./write.ts";
import type { WriteMethods, WriteRunner } from "./write.ts";

export interface ReadDb {
  select(): SelectFrom;
}

/** What a mutator gets as `db`. It reads its own writes. */
export interface MutatorDb extends ReadDb, WriteMethods {}

export function readDb(runner: SelectRunner): ReadDb {
  const from = selectFrom(runner);
  return { select: () => from };
}

export function mutatorDb(runner: SelectRunner & WriteRunner): MutatorDb {
  return { ...readDb(runner), ...writeMethods(runner) };
}
