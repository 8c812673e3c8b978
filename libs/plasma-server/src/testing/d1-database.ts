/** The one D1 of the runtime of a test. */

import { env } from "cloudflare:test";

export const database = (env as unknown as { DB: D1Database }).DB;

/** The same, emptied. */
export async function emptyDatabase(): Promise<D1Database> {
  const { results } = await database
    .prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
    )
    .all<{ name: string }>();
  if (results.length > 0) {
    await database.batch([
      database.prepare("PRAGMA defer_foreign_keys = on"),
      ...results.toReversed().map(({ name }) => database.prepare(`DROP TABLE "${name}"`)),
    ]);
  }
  return database;
}
