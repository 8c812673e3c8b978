/** The app's schema as Drizzle tables. Apart, so that only who imports it needs `drizzle-orm`. */

export { toDrizzleRelations } from "./relations.ts";
export type { DrizzleRelations } from "./relations.ts";
export type { DrizzleTable, DrizzleTables, PgTables, SqliteTables } from "./table-types.ts";
export { toDrizzle } from "./to-drizzle.ts";
