/**
 * The sync server on plain Node, without Cloudflare.
 *
 *   npx nx run sync:node -- --sqlite data/todo.sqlite
 *   npx nx run sync:node -- --postgres postgres://user@host/database
 *
 *   --port 8787
 *   --sqlite FILE        one process on one file, made where it is missing
 *   --postgres URL       as many processes as you like on one database
 *
 * Settings come from the environment: SESSION_SECRET (32 characters or more), APP_ORIGINS (the app's address), and
 * DEMO=true for the demo's people.
 */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import Database from "better-sqlite3";
import pg from "pg";
import { WebSocketServer } from "ws";
import { importBundled } from "../../tools/scripts/bundle.mjs";
import { Complaint, runMain } from "../../tools/scripts/complaint.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8787" },
      sqlite: { type: "string" },
      postgres: { type: "string" },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Complaint(`--port takes a number up to 65535, not "${values.port}".`);
  }
  if ((values.sqlite === undefined) === (values.postgres === undefined)) {
    throw new Complaint("Say where the data is: --sqlite FILE or --postgres URL.");
  }
  const node = await importBundled(join(here, "src/node.ts"));
  const database =
    values.sqlite === undefined
      ? openPostgres(node, values.postgres)
      : openSqlite(node, resolve(values.sqlite));
  const app = await createApp(node, database);
  const listening = await app.listen(port).catch((error) => {
    if (error.code !== "EADDRINUSE") throw error;
    throw new Complaint(`Port ${port} is taken. Choose another with --port.`);
  });
  console.log(`The sync server is running: http://localhost:${listening}`);
  const end = async () => {
    await app.close();
    await database.close();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void end());
});

async function createApp(node, { executor, listener }) {
  try {
    return await node.createNodeApp({
      settings: process.env,
      executor,
      webSockets: new WebSocketServer(node.webSocketOptions),
      ...(listener && { listener }),
    });
  } catch (error) {
    if (error.code === "invalid-configuration") throw new Complaint(error.message);
    const reason = error.cause?.code ?? error.code;
    if (!/^(ECONN|ENOTFOUND|ENOENT|ETIMEDOUT|28P01|3D000|28000)/.test(String(reason))) throw error;
    throw new Complaint(`The database cannot be reached (${reason}). Look at the address.`);
  }
}

function openSqlite({ fromBetterSqlite3 }, file) {
  if (!existsSync(dirname(file))) {
    throw new Complaint(
      `There is no folder ${dirname(file)} for the database file. Make it first.`,
    );
  }
  const database = new Database(file);
  return { executor: fromBetterSqlite3(database), close: async () => database.close() };
}

function openPostgres({ fromPg }, connectionString) {
  const pool = new pg.Pool({ connectionString, max: 10 });
  // A connection that breaks while nobody uses it: the pool replaces it.
  pool.on("error", () => undefined);
  return {
    executor: fromPg(pool),
    listener: () => new pg.Client({ connectionString, keepAlive: true }),
    close: () => pool.end(),
  };
}
