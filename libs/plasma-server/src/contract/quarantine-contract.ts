/** Mutations that fail for no reason of their own: held, tried again, and in the end put aside. */

import { defineMutators } from "@sh1n4ps/plasma-core";
import type { ErrorResponse, MutatorInput, PushResponse, WireMutation } from "@sh1n4ps/plasma-core";
import { beforeEach, describe, expect, it } from "vitest";
import { runtimePlatform } from "../platform.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { mutators, shares } from "./app.ts";
import type { Ctx, schema } from "./app.ts";
import { countRows, createWorld, pause } from "./world.ts";
import type { Client, World } from "./world.ts";

const MINUTE = 60_000;
type Broken = (input: MutatorInput<Ctx, { id: string }>) => Promise<void>;

export function quarantineContract(fresh: () => Promise<SqlExecutor>): void {
  describe("mutations that fail for no reason of their own", () => {
    let executor: SqlExecutor;
    let now: number;
    beforeEach(async () => {
      executor = await fresh();
      now = 1_750_000_000_000;
    });

    /** The app with a version of the mutator `crash`, as one deployment has it. */
    const deployed = (crash: Broken, options: { mutatorTimeoutMs?: number } = {}): World =>
      createWorld(executor, {
        mutators: { ...mutators, ...defineMutators<typeof schema, Ctx>()({ crash }) },
        platform: { ...runtimePlatform(), clock: { now: () => now } },
        ...options,
      });
    const throws: Broken = () => Promise.reject(new TypeError("secret-in-a-stack"));
    const works: Broken = async ({ db, args }) => {
      await db.insert(shares).values({ id: args.id, amount: 1 });
    };
    const pushes = async (
      client: Client,
      mutations: readonly WireMutation[],
      { through, retry }: { through: World; retry?: boolean },
    ) => {
      const body = { ...client.pushBody(mutations), ...(retry && { retry: true }) };
      const response = await client.send("push", body, through);
      return {
        status: response.status,
        wait: Number(response.headers.get("retry-after")),
        body: (await response.json()) as PushResponse & ErrorResponse,
      };
    };
    const kept = () =>
      executor.all({
        text: "SELECT name, args, attempts, quarantined_at FROM _plasma_attempts",
        params: [],
      });

    it("decide nothing, hold up those after them, nobody else, and nothing of why is told", async () => {
      const world = deployed(throws);
      const [ada, bob] = [world.client("ada"), world.client("bob")];
      const mutations = [
        ada.mutation("takeShare", { id: "before", amount: 1 }),
        ada.mutation("crash", { id: "x" }),
        ada.mutation("takeShare", { id: "after", amount: 1 }),
      ];
      const first = await pushes(ada, mutations, { through: world });
      expect(first).toMatchObject({ status: 503, wait: 2, body: { code: "mutation-held" } });
      expect(JSON.stringify(first.body)).not.toContain("secret");
      expect(await countRows(executor, "shares")).toBe(1);
      expect((await pushes(ada, mutations, { through: world })).wait).toBe(4);
      expect((await bob.mutate("takeShare", { id: "bobs", amount: 1 })).status).toBe("ok");
      expect(world.errors.filter(({ kind }) => kind === "mutation-error").length).toBe(4);
    });

    it("work once the mutator is mended, and nothing of the failures is left", async () => {
      const broken = deployed(throws);
      const ada = broken.client("ada");
      const mutations = [ada.mutation("crash", { id: "x" })];
      await pushes(ada, mutations, { through: broken });
      now += 5 * MINUTE;
      const mended = deployed(works);
      const { body } = await pushes(ada, mutations, { through: mended });
      expect(body.results).toEqual([{ id: 1, status: "ok" }]);
      expect(await countRows(executor, "shares")).toBe(1);
      expect(await kept()).toEqual([]);
    });

    it("are put aside after five attempts over ten minutes, with their args, and those after them go on", async () => {
      const world = deployed(throws);
      const ada = world.client("ada");
      const mutations = [
        ada.mutation("crash", { id: "x" }),
        ada.mutation("takeShare", { id: "after", amount: 1 }),
      ];
      for (let attempt = 1; attempt <= 7; attempt++) {
        expect((await pushes(ada, mutations, { through: world })).status).toBe(503);
        now += MINUTE;
      }
      now += 3 * MINUTE;
      const { body } = await pushes(ada, mutations, { through: world });
      expect(body.results).toMatchObject([
        { id: 1, status: "error", code: "quarantined" },
        { id: 2, status: "ok" },
      ]);
      const [aside] = await kept();
      expect(aside).toMatchObject({ name: "crash", attempts: 8, quarantined_at: now });
      expect(JSON.parse(aside!["args"] as string)).toEqual({ id: "x" });
      await ada.pull();
      expect(ada.rejections).toMatchObject([{ id: 1, code: "quarantined" }]);
    });

    it("that never end are over after their time: nobody waits, and what they do later has no effect", async () => {
      let wakeUp = () => {};
      const sleeping = new Promise<void>((resolve) => {
        wakeUp = resolve;
      });
      let late: unknown;
      const world = deployed(
        async ({ db, args }) => {
          await sleeping;
          late = await db
            .insert(shares)
            .values({ id: args.id, amount: 1 })
            .then(
              () => "written",
              (error: unknown) => error,
            );
        },
        { mutatorTimeoutMs: 100 },
      );
      const [ada, bob] = [world.client("ada"), world.client("bob")];
      const held = pushes(ada, [ada.mutation("crash", { id: "x" })], { through: world });
      expect((await bob.mutate("takeShare", { id: "bobs", amount: 1 })).status).toBe("ok");
      expect(await held).toMatchObject({ status: 503, body: { code: "mutation-held" } });
      wakeUp();
      await pause(20);
      expect(late).toMatchObject({ code: "transaction-over" });
      expect(await countRows(executor, "shares")).toBe(1);
    });

    it("that take the server down with them are counted before they run, and put aside in the end", async () => {
      let runs = 0;
      const never = new Promise<void>(() => {});
      const dying = deployed(
        () => {
          runs++;
          return never;
        },
        { mutatorTimeoutMs: 2 ** 30 },
      );
      const ada = dying.client("ada");
      const mutations = [ada.mutation("crash", { id: "x" })];
      for (let attempt = 0; attempt < 6; attempt++) {
        // Nobody ever hears of this one again: its process is gone.
        void pushes(ada, mutations, { through: dying, retry: attempt > 0 });
        while (runs <= attempt) await pause(5);
        now += 3 * MINUTE;
      }
      const { body } = await pushes(ada, mutations, { through: dying, retry: true });
      expect(body.results).toMatchObject([{ id: 1, status: "error", code: "quarantined" }]);
      expect(runs).toBe(6);
    });
  });
}
