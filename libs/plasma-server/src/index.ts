/** The server side of plasma: push, pull, change log and tickets, over D1 or better-sqlite3. */

export { invokeMutator, PlasmaAuthorizationError } from "@sh1n4ps/plasma-core";
export type { AuthorizePolicy } from "@sh1n4ps/plasma-core";
export { MigrationRefused, SyncServerError } from "./errors.ts";
export type { SyncServerErrorKind } from "./errors.ts";
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
export type { SqlExecutor, SqlParam, SqlRow, Statement } from "./sql/executor.ts";
export { createSyncHandler } from "./sync-handler.ts";
