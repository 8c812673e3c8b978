/** The server that is killed: a process of its own. PLASMA_DATABASE is a file, or the address of a Postgres. */

import { createSyncHandler, fromBetterSqlite3, fromPg } from "@sh1n4ps/plasma-server";
import type { SqlExecutor } from "@sh1n4ps/plasma-server";
import { createNodeServer } from "@sh1n4ps/plasma-server/node";
import Database from "better-sqlite3";
import process from "node:process";
import pg from "pg";
import { mutators, schema } from "./app.fixture.ts";

const { PLASMA_DATABASE: database = "", PLASMA_PORT = "0" } = process.env;

const handle = createSyncHandler({
  schema,
  mutators,
  executor: open(database),
  schemaVersion: "1",
  maxMutationsPerPush: 20,
  auth: ({ headers }) => {
    const userId = headers.get("x-user") ?? "";
    const clientID = headers.get("x-plasma-client-id") ?? "";
    return { ok: true, clientGroupID: userId, clientID, ctx: { userId } };
  },
});

createNodeServer({ handle, onError: (error) => process.stderr.write(`${String(error)}\n`) }).listen(
  Number(PLASMA_PORT),
  () => process.stdout.write("ready\n"),
);

function open(address: string): SqlExecutor {
  if (!address.startsWith("postgres:")) return fromBetterSqlite3(new Database(address));
  const pool = new pg.Pool({ connectionString: address, max: 4 });
  pool.on("error", () => undefined);
  return fromPg(pool);
}
