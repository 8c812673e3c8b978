/** Reads the worker's database from its file, past the worker and past everything of ours. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";

export interface StoredTodo {
  readonly id: string;
  readonly title: string;
  readonly done: 0 | 1;
}

/** What became of a mutation. */
export interface StoredOutcome {
  readonly client_id: string;
  readonly mutation_id: number;
  readonly uid: string;
  readonly status: "ok" | "error";
}

export function storedTodos(databaseDir: string, listId: string): readonly StoredTodo[] {
  return read<StoredTodo>(
    databaseDir,
    `SELECT id, title, done FROM todos WHERE "listId" = ? ORDER BY position, id`,
    listId,
  );
}

/** One for each mutation that has ever run, whoever made it. */
export function storedOutcomes(databaseDir: string): readonly StoredOutcome[] {
  return read<StoredOutcome>(
    databaseDir,
    "SELECT client_id, mutation_id, uid, status FROM _plasma_client_mutations",
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
