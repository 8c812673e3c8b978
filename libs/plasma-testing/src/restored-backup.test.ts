/**
 * The server's database is restored from a backup while people are away. Others write on, past the versions that were
 * undone, so that numbers alone would look right.
 */

import { asc, defineMutators, defineSchema, eq, id, int, table, text } from "@sh1n4ps/plasma-core";
import type { MutatorInput } from "@sh1n4ps/plasma-core";
import { fromBetterSqlite3 } from "@sh1n4ps/plasma-server";
import type { SqlExecutor } from "@sh1n4ps/plasma-server";
import Database from "better-sqlite3";
import { afterEach, describe, expect, it } from "vitest";
import { wholeApp } from "./whole-app.fixture.ts";
import type { PersonCtx, WholeApp } from "./whole-app.fixture.ts";

const entries = table(
  "entries",
  { id: id(), owner: text(), times: int().default(1) },
  { auth: { read: () => true, write: () => true } },
);
const schema = defineSchema({ entries });

const mutators = defineMutators<typeof schema, PersonCtx>()({
  add: async ({ db, args, ctx }: MutatorInput<PersonCtx, { id: string }>) => {
    await db.insert(entries).values({ id: args.id, owner: ctx.userId });
  },
  /** Shows how often it was applied. */
  touch: async ({ db, args }: MutatorInput<PersonCtx, { id: string }>) => {
    await db.increment(entries.times, 1).where(eq(entries.id, args.id));
  },
});

type App = WholeApp<typeof schema, typeof mutators>;
type Device = ReturnType<App["device"]>;

/** A server whose database can be replaced under it. */
function restorable() {
  let database = new Database(":memory:");
  let current = fromBetterSqlite3(database);
  const executor: SqlExecutor = {
    dialect: "sqlite",
    all: (statement) => current.all(statement),
    run: (statement) => current.run(statement),
    batch: (statements) => current.batch(statements),
  };
  return {
    executor,
    backUp: () => database.serialize(),
    restore(backup: Buffer) {
      database = new Database(backup);
      current = fromBetterSqlite3(database);
    },
    versions: () => database.prepare("SELECT version FROM _plasma_meta").pluck().get() as number,
    outcomes: () =>
      database.prepare("SELECT count(*) FROM _plasma_client_mutations").pluck().get() as number,
  };
}

describe("a database restored from a backup", () => {
  let app: App;
  const server = restorable();
  afterEach(() => app.close());

  const rowsOn = (device: Device) => device.db.select().from(entries).orderBy(asc(entries.id));
  const add = async (device: Device, ...ids: string[]) => {
    for (const entry of ids) {
      await device.mutate("add", { id: entry });
      await device.flush();
    }
  };
  const names = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, at) => `${prefix}${String(at).padStart(2, "0")}`);

  it("resets those who return, applies what they had waiting once, and tells them what is undone", async () => {
    app = wholeApp({ schema, mutators, server: { executor: server.executor } });
    const told = new Map<string, { kind: string; details: unknown }[]>();
    let loses = false;
    const deviceOf = (userId: string) => {
      const errors: { kind: string; details: unknown }[] = [];
      told.set(userId, errors);
      return app.device(userId, {
        onError: ({ kind, details }) => errors.push({ kind, details }),
        ...(userId === "ada" && {
          fetcher: async (url, init) => {
            const response = await app.handle(new Request(url, init));
            if (loses) throw new TypeError("The connection broke.");
            return response;
          },
        }),
      });
    };
    const [ada, bob, carl] = [deviceOf("ada"), deviceOf("bob"), deviceOf("carl")];

    await add(ada, ...names("early", 10));
    await bob.pullOnce();
    await carl.pullOnce();
    const backup = server.backUp();
    const at = server.versions();
    // What will be undone: 20 versions, among them all that bob ever did.
    await add(ada, ...names("undone", 15));
    await add(bob, ...names("bob", 5));
    await ada.pullOnce();
    await carl.pullOnce();
    expect(server.versions()).toBe(at + 20);
    expect(await rowsOn(carl)).toHaveLength(30);
    // One mutation that is committed, too, and whose answer is lost; one that is not sent.
    loses = true;
    await ada.mutate("touch", { id: "early00" });
    await ada.flush().catch(() => undefined);
    loses = false;
    await ada.mutate("touch", { id: "early01" });
    await ada.mutate("touch", { id: "early01" });
    expect(server.versions()).toBe(at + 21);

    server.restore(backup);
    const dora = deviceOf("dora");
    await add(dora, ...names("later", 30));
    expect(server.versions()).toBeGreaterThan(at + 21);

    const undoneOf = (userId: string) =>
      told.get(userId)!.filter(({ kind }) => kind === "mutations-undone");
    const before = ada.clientID;
    await ada.flush();
    await ada.pullOnce();
    await bob.pullOnce();
    await carl.pullOnce();
    await dora.pullOnce();

    const fresh = deviceOf("fresh");
    await fresh.pullOnce();
    const expected = await rowsOn(fresh);
    expect(expected.map((row) => row.id)).toEqual([...names("early", 10), ...names("later", 30)]);
    expect(expected.slice(0, 3).map((row) => row.times)).toEqual([2, 3, 1]);
    for (const device of [ada, bob, carl, dora]) {
      expect(JSON.stringify(await rowsOn(device))).toBe(JSON.stringify(expected));
      expect(device.status.pending).toBe(0);
    }
    // Each of dora's 30, ada's 10 of before the backup, and her three that waited.
    expect(server.outcomes()).toBe(43);
    expect(undoneOf("ada")).toMatchObject([
      { details: { undone: [{ clientID: before, from: 11, to: 25 }] } },
    ]);
    expect(undoneOf("bob")).toMatchObject([
      { details: { undone: [{ clientID: bob.clientID, from: 1, to: 5 }] } },
    ]);
    expect([...undoneOf("carl"), ...undoneOf("dora"), ...undoneOf("fresh")]).toEqual([]);

    // They go on as if nothing had been.
    await add(bob, "bob-again");
    await ada.pullOnce();
    expect((await rowsOn(ada)).map((row) => row.id)).toContain("bob-again");
    expect(undoneOf("bob")).toHaveLength(1);
  });
});
