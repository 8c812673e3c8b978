/** An app as a whole: one server over SQLite, and real clients that reach it without a network in between. */

import { createMemoryEngine, createPlasmaClient } from "@sh1n4ps/plasma-client";
import type { MutatorContext, PlasmaClient, PlasmaClientOptions } from "@sh1n4ps/plasma-client";
import type { AnyMutators, Schema } from "@sh1n4ps/plasma-core";
import { createSyncHandler, fromBetterSqlite3 } from "@sh1n4ps/plasma-server";
import type { SyncHandler, SyncHandlerOptions, SyncServerError } from "@sh1n4ps/plasma-server";
import Database from "better-sqlite3";

export interface PersonCtx {
  readonly userId: string;
}

export interface AppOptions<S extends Schema, M extends AnyMutators> {
  readonly schema: S;
  readonly mutators: M;
  readonly server?: Partial<SyncHandlerOptions<PersonCtx>>;
}

export interface WholeApp<S extends Schema, M extends AnyMutators> {
  readonly database: Database.Database;
  /** What the server has told the app. */
  readonly errors: SyncServerError[];
  readonly handle: SyncHandler;
  /** A device of a person. It syncs when it is told to. */
  device(userId: string, options?: Partial<PlasmaClientOptions<S, M>>): PlasmaClient<S, M>;
  close(): Promise<void>;
}

export function wholeApp<S extends Schema, M extends AnyMutators>(
  options: AppOptions<S, M>,
): WholeApp<S, M> {
  const { schema, mutators } = options;
  const database = new Database(":memory:");
  const errors: SyncServerError[] = [];
  const devices: { dispose(): Promise<void> }[] = [];
  const handler = createSyncHandler<PersonCtx>({
    schema,
    mutators,
    executor: fromBetterSqlite3(database),
    schemaVersion: "1",
    auth: ({ headers }) => {
      const userId = headers.get("x-user") ?? "";
      const clientID = headers.get("x-plasma-client-id") ?? "";
      return { ok: true, clientGroupID: userId, clientID, ctx: { userId } };
    },
    onError: (error) => {
      if (error.kind !== "tables-without-rules") errors.push(error);
    },
    ...options.server,
  });
  return {
    database,
    errors,
    handle: handler,
    device(userId, more = {}) {
      const client = createPlasmaClient<S, M>({
        schema,
        mutators,
        dbName: userId,
        endpoint: "https://app.invalid/sync",
        schemaVersion: "1",
        clientGroupID: userId,
        getContext: () => ({ userId }) as MutatorContext<M>,
        authHeaders: () => ({ "x-user": userId }),
        fetcher: (url, init) => handler(new Request(url, init)),
        engine: createMemoryEngine(),
        logLevel: "silent",
        ...more,
      });
      devices.push(client);
      return client;
    },
    async close() {
      await Promise.all(devices.map((device) => device.dispose()));
      database.close();
    },
  };
}
