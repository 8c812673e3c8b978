/** Reads the worker's database from its file, past the worker and past everything of ours. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";

export interface StoredTodo {
  readonly id: string;
  readonly title: string;
  readonly done: 0 | 1;
}

export interface LoggedChange {
  readonly op: string;
  readonly row_id: string;
  readonly origin_client: string | null;
  readonly origin_mutation: number | null;
}

export function storedTodos(databaseDir: string, listId: string): readonly StoredTodo[] {
  return read<StoredTodo>(
    databaseDir,
    `SELECT id, title, done FROM todos WHERE "listId" = ? ORDER BY position, id`,
    listId,
  );
}

/** Every change that was ever made to the todos of a list, deleted ones too: triggers log each. */
export function changesOfTodos(databaseDir: string, listId: string): LoggedChange[] {
  return read<LoggedChange>(
    databaseDir,
    `SELECT op, row_id, origin_client, origin_mutation FROM _plasma_changes
      WHERE table_name = 'todos' AND row_id IN (
        SELECT id FROM todos WHERE "listId" = ?
        UNION SELECT id FROM _plasma_history_todos WHERE "listId" = ?)
      ORDER BY version`,
    listId,
    listId,
  );
}

function read<Row>(databaseDir: string, sql: string, ...params: string[]): Row[] {
  const database = new Database(databaseFile(databaseDir), { readonly: true });
  try {
    return database.prepare<string[], Row>(sql).all(...params);
  } finally {
    database.close();
  }
}

function databaseFile(databaseDir: string): string {
  const files = readdirSync(databaseDir, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".sqlite") && !name.endsWith("metadata.sqlite"),
  );
  const [file] = files;
  if (!file || files.length > 1) {
    throw new Error(`Expected one database in ${databaseDir}, found: ${files.join(", ")}`);
  }
  return join(databaseDir, file);
}
