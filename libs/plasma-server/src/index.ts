/** The server side of plasma: push, pull, change log and tickets, over D1, Durable Objects, SQLite or Postgres. */

export { invokeMutator, PlasmaAuthorizationError } from "@sh1n4ps/plasma-core";
export type { AuthorizePolicy } from "@sh1n4ps/plasma-core";
export { compactChangeLog } from "./change-log/compact.ts";
export type { CompactionOptions, CompactionResult } from "./change-log/compact.ts";
export { cookieCovers, decodeCookie, encodeCookie, mergeCookie } from "./change-log/cookie.ts";
export type { Cookie, CookieKey, PagePosition, Positions } from "./change-log/cookie.ts";
export {
  advanceCookieFromChanges,
  CHANGES_TABLE,
  packRegionVersion,
  pullPredicate,
  REGION_VERSIONS_TABLE,
  unpackRegionVersion,
} from "./change-log/region-versions.ts";
export type { RegionVersion } from "./change-log/region-versions.ts";
export { snapshotAsOf } from "./change-log/snapshot-as-of.ts";
export type { SnapshotAsOf } from "./change-log/snapshot-as-of.ts";
export { createServerDb } from "./db/server-db.ts";
export type { ServerDbOptions } from "./db/server-db.ts";
export { serverLiveSelect } from "./db/server-live-select.ts";
export type { ServerLiveSelect, ServerLiveSelectOptions } from "./db/server-live-select.ts";
export { MigrationRefused, SnapshotUnavailable, SyncServerError } from "./errors.ts";
export type { SyncServerErrorKind } from "./errors.ts";
export { runMaintenance } from "./maintenance.ts";
export type { MaintenanceOptions, MaintenanceResult, Retention } from "./maintenance.ts";
export type {
  AuthResult,
  AuthSuccess,
  Identity,
  PushedEvent,
  SocketIdentity,
  SyncHandler,
  SyncHandlerOptions,
} from "./options.ts";
export { runtimePlatform } from "./platform.ts";
export type { Platform } from "./platform.ts";
export type { PullMetric, PushMetric, SyncServerMetric } from "./metrics.ts";
export { tokenBuckets } from "./rate-limits.ts";
export type { RateLimit, RateLimitedCall, TokenBucketOptions } from "./rate-limits.ts";
export { ensureSchema } from "./schema/ensure-schema.ts";
export type { EnsureSchemaOptions } from "./schema/ensure-schema.ts";
export { runMigrations } from "./migrations/run-migrations.ts";
export type { RunMigrationsOptions } from "./migrations/run-migrations.ts";
export type { Backfill } from "./migrations/backfill.ts";
export type { SchemaDiff } from "./migrations/schema-diff.ts";
export { explainSelect } from "./db/explain.ts";
export type { ExplainOptions } from "./db/explain.ts";
export { fromBetterSqlite3 } from "./sql/better-sqlite3.ts";
export type { BetterSqlite3Like, BetterSqlite3Options } from "./sql/better-sqlite3.ts";
export { fromD1 } from "./sql/d1.ts";
export type { D1Like } from "./sql/d1.ts";
export type { SqlDialect } from "./sql/dialect.ts";
export { fromDurableObjectSql } from "./sql/durable-object-sql.ts";
export type { DurableObjectStorageLike } from "./sql/durable-object-sql.ts";
export type { SqlExecutor, SqlParam, SqlRow, SqlSession, Statement } from "./sql/executor.ts";
export { fromPg } from "./sql/pg.ts";
export type { PgPoolLike } from "./sql/pg.ts";
export { fromPglite } from "./sql/pglite.ts";
export type { PgliteLike } from "./sql/pglite.ts";
export { postgresDialect } from "./sql/postgres-dialect.ts";
export { sqliteDialect } from "./sql/sqlite-dialect.ts";
export { createSyncHandler } from "./sync-handler.ts";
