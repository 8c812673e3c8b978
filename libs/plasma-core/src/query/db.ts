/** The two faces of a database: reading (app code) and reading and writing (mutators). */

import type { Schema } from "../schema/schema.ts";
import { relationalDb } from "./relational.ts";
import type { RelationalDb } from "./relational.ts";
import { selectMethods } from "./select.ts";
import type { SelectMethods, SelectRunner } from "./select.ts";
import { writeMethods } from "./write.ts";
import type { WriteMethods, WriteRunner } from "./write.ts";

export interface ReadDb<S extends Schema = Schema> extends SelectMethods {
  /** Rows with their related rows: `db.query.lists.findMany({ with: { todos: true } })`. */
  readonly query: RelationalDb<S>;
}

/** What a mutator gets as `db`. It reads its own writes. */
export interface MutatorDb<S extends Schema = Schema> extends ReadDb<S>, WriteMethods {}

export function readDb<S extends Schema>(schema: S, runner: SelectRunner): ReadDb<S> {
  return { ...selectMethods(runner), query: relationalDb(schema, runner) };
}

export function mutatorDb<S extends Schema>(schema: S, runner: SelectRunner & WriteRunner): MutatorDb<S> {
  return { ...readDb(schema, runner), ...writeMethods(runner) };
}
