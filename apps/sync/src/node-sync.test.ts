import Database from "better-sqlite3";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, describe, expect, inject, it } from "vitest";
import { personAt, startNode } from "./node-process.fixture.ts";
import type { NodeProcess } from "./node-process.fixture.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** See tools/vitest/postgres.ts. */
    postgres: { readonly host: string; readonly user: string; readonly database: string } | null;
  }
}

const POKE = JSON.stringify({ type: "poke" });

function newList(id: string, name: string) {
  return { id, membershipId: crypto.randomUUID(), name, createdAt: new Date() };
}

const running: NodeProcess[] = [];
async function start(...args: string[]): Promise<NodeProcess> {
  const server = await startNode(...args);
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

describe("the sync server on Node over a SQLite file", () => {
  it("syncs, pokes, and goes on with the same data after a restart", async () => {
    const directory = mkdtempSync(join(tmpdir(), "plasma-node-"));
    const file = join(directory, "todo.sqlite");
    try {
      const server = await start("--sqlite", file);
      const [ada, grace] = [await personAt(server, "ada"), await personAt(server, "grace")];
      const id = crypto.randomUUID();
      const { socket, next } = await ada.listen();
      socket.send("ping");
      expect(await next()).toBe("pong");
      const poked = next();
      const pushed = await ada.mutate("createList", newList(id, "From Node"));
      expect(pushed.results).toMatchObject([{ status: "ok" }]);
      expect(await poked).toBe(POKE);
      expect((await ada.rows("lists")).map((list) => list["name"])).toContain("From Node");
      expect((await grace.rows("lists")).map((list) => list["name"])).not.toContain("From Node");

      const closed = once(socket, "close");
      expect(await running.pop()!.stop()).toBe(0);
      expect((await closed)[0]).toBe(1001);
      const again = await personAt(await start("--sqlite", file), "ada");
      expect((await again.rows("lists")).map((list) => list["name"])).toContain("From Node");
      const database = new Database(file, { readonly: true });
      expect(database.prepare("SELECT count(*) FROM _plasma_client_mutations").pluck().get()).toBe(
        1,
      );
      database.close();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

const postgres = inject("postgres");

describe.runIf(postgres)("two sync servers on one Postgres", () => {
  it("serve the same people, and poke each other's sockets, for changes by other SQL as well", async () => {
    const { host, user } = postgres!;
    const admin = new pg.Client({ ...postgres! });
    await admin.connect();
    const name = `node_${Date.now()}`;
    await admin.query(`CREATE DATABASE ${name}`);
    await admin.end();
    const url = `postgres://${user}@/${name}?host=${encodeURIComponent(host)}`;
    const [first, second] = [await start("--postgres", url), await start("--postgres", url)];
    const [here, there] = [await personAt(first, "ada"), await personAt(second, "ada")];
    const listening = await there.listen();

    const poked = listening.next();
    const id = crypto.randomUUID();
    const pushed = await here.mutate("createList", newList(id, "From the other one"));
    expect(pushed.results).toMatchObject([{ status: "ok" }]);
    expect(await poked).toBe(POKE);
    expect((await there.rows("lists")).map((list) => list["id"])).toContain(id);

    const pokedAgain = listening.next();
    const psql = new pg.Client({ host, user, database: name });
    await psql.connect();
    await psql.query(`UPDATE lists SET name = 'By hand' WHERE id = $1`, [id]);
    expect(await pokedAgain).toBe(POKE);
    const list = (await there.rows("lists")).find((row) => row["id"] === id);
    expect(list).toMatchObject({ name: "By hand" });

    // A connection that is cut is opened again, and what was missed meanwhile is poked for.
    const pokedAfterAll = listening.next();
    await psql.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()",
    );
    expect(await pokedAfterAll).toBe(POKE);
    await psql.end();
  });
});
