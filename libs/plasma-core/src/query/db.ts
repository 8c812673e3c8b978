/** The two faces of a database: reading (app code) and reading and writing (mutators). */

import type { Schema } from "../schema/schema.ts";
import { relationalDb } from "./relational.ts";
import type { RelationalDb } from "./relational.ts";
import { selectMethods } from "./select.ts";
import type { SelectMethods, SelectRunner } from "./select.ts";
import { writeMethods } from "./write.ts";
import type { WriteMethods, WriteRunner } from "./write.ts";

// Inference only: code that serves any app's database (hooks, queries shared between apps) leaves the schema out.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnySchema = any;

export interface ReadDb<S extends Schema = AnySchema> extends SelectMethods {
  /** Rows with their related rows: `db.query.lists.findMany({ with: { todos: true } })`. */
  readonly query: RelationalDb<S>;
}

/** What a mutator gets as `db`. It reads its own writes. */
export interface MutatorDb<S extends Schema = AnySchema> extends ReadDb<S>, WriteMethods<S> {}

export function readDb<S extends Schema>(schema: S, runner: SelectRunner): ReadDb<S> {
  const { select, selectDistinct } = selectMethods(runner);
  return { select, selectDistinct, query: relationalDb(schema, runner) };
}

/** What runs the statements of a mutator. */
export interface MutatorRunner extends SelectRunner, WriteRunner {
  /** It runs one after the other by itself. */
  readonly inOrder?: true;
}

export function mutatorDb<S extends Schema>(schema: S, runner: MutatorRunner): MutatorDb<S> {
  const ordered = runner.inOrder ? runner : inOrder(runner);
  const { select, selectDistinct } = selectMethods(ordered);
  const { insert, update, increment, delete: remove } = writeMethods<S>(ordered);
  // Written out: one is made for each mutation, and putting objects together takes several times as long.
  return {
    select,
    selectDistinct,
    query: relationalDb(schema, ordered),
    insert,
    update,
    increment,
    delete: remove,
  };
}

/**
 * One statement after the other, in the order in which they were awaited. Side by side (`Promise.all` in a mutator)
 * each would read before the others have written: two inserts of one id would both find it free, and of two updates
 * of a row the second would undo the first.
 */
function inOrder(runner: MutatorRunner): MutatorRunner {
  let last: Promise<unknown> = Promise.resolve();
  const enqueue = <T>(statement: () => Promise<T>): Promise<T> => {
    const outcome = last.then(statement, statement);
    last = outcome;
    return outcome;
  };
  return {
    select: (query) => enqueue(() => runner.select(query)),
    write: (write) => enqueue(() => runner.write(write)),
    ...(runner.explain && { explain: runner.explain }),
  };
}
