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
  const ordered = inOrder(runner);
  return { ...readDb(ordered), ...writeMethods(ordered) };
}

/**
 * One statement after the other, in the order in which they were awaited. Side by side (`Promise.all` in a mutator)
 * each would read before the others have written: two inserts of one id would both find it free, and of two updates
 * of a row the second would undo the first.
 */
function inOrder(runner: SelectRunner & WriteRunner): SelectRunner & WriteRunner {
  let last: Promise<unknown> = Promise.resolve();
  const enqueue = <T>(statement: () => Promise<T>): Promise<T> => {
    const outcome = last.then(statement, statement);
    last = outcome;
    return outcome;
  };
  return {
    select: (query) => enqueue(() => runner.select(query)),
    write: (write) => enqueue(() => runner.write(write)),
  };
}
