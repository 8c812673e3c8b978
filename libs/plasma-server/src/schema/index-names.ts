/** What the indexes of an app's tables are called. Whoever describes the database elsewhere (Drizzle) must agree. */

export function indexName(table: string, columns: readonly string[]): string {
  return `${table}$${columns.join("$")}`;
}

export function uniqueIndexName(table: string, column: string): string {
  return `${table}$${column}$unique`;
}
