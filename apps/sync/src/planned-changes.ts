/** What a deployment asks before it replaces the worker: what the new one would add to the database, if it can. */

import { schema } from "@plasma-starter/todo-domain";
import type { Schema } from "@sh1n4ps/plasma-core";
import { ensureSchema } from "@sh1n4ps/plasma-server";
import type { SqlRow, Statement } from "@sh1n4ps/plasma-server";

/** Answers a command of several `SELECT`s with the rows of each. */
export type ReadCommand = (command: string) => Promise<SqlRow[][]>;

/** The tables and columns that would be made. Throws `MigrationRefused` where additions are not enough. */
export async function plannedChanges(
  read: ReadCommand,
  wanted: Schema = schema,
): Promise<string[]> {
  const planned: Statement[] = [];
  const readAll = (statements: readonly Statement[]) =>
    read(statements.map((statement) => withLiterals(statement)).join(";\n"));
  await ensureSchema({
    schema: wanted,
    executor: {
      dialect: "sqlite",
      all: async (statement) => (await readAll([statement]))[0] ?? [],
      run: () => Promise.reject(new Error("Nothing is written here.")),
      async batch(statements) {
        if (statements.every(({ text }) => /^\s*SELECT\b/i.test(text))) return readAll(statements);
        planned.push(...statements);
        return statements.map(() => []);
      },
    },
  });
  return planned.flatMap(({ text }) => nameOf(text) ?? []);
}

/** Of the statements, those about the app's own tables: `table "todos"`, `column "todos"."due"`. */
function nameOf(text: string): string | undefined {
  const [, table] = /^\s*CREATE TABLE ("(?!_plasma)\w+")/.exec(text) ?? [];
  if (table) return `table ${table}`;
  const [, owner, column] =
    /^\s*ALTER TABLE ("(?!_plasma)\w+") ADD (?:COLUMN )?("\w+")/.exec(text) ?? [];
  return owner ? `column ${owner}.${column}` : undefined;
}

/** What is asked has no text of anybody's in it; only names of ours. */
function withLiterals({ text, params }: Statement): string {
  let index = 0;
  return text.replace(/\?/g, () => {
    const value = params[index++];
    if (typeof value === "number") return String(value);
    return value === null || value === undefined ? "NULL" : `'${value.replaceAll("'", "''")}'`;
  });
}
