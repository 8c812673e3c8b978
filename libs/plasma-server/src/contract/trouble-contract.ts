/** What push makes of a database that fails: before a commit, after it, or for a while. */

import { defineMutators } from "@sh1n4ps/plasma-core";
import type { ErrorResponse, MutatorInput, PushResponse } from "@sh1n4ps/plasma-core";
import { beforeEach, describe, expect, it } from "vitest";
import type { SqlExecutor, Statement } from "../sql/executor.ts";
import { mutators, shares, things } from "./app.ts";
import type { Ctx, schema } from "./app.ts";
import { countRows, createWorld, hurried } from "./world.ts";
import type { World } from "./world.ts";

type Crash = (input: MutatorInput<Ctx, { id: string }>) => Promise<void>;

export function troubleContract(fresh: () => Promise<SqlExecutor>): void {
  describe("trouble with the database", () => {
    let world: World;
    beforeEach(async () => {
      world = createWorld(await fresh());
    });
    const count = (table: string) => countRows(world.executor, table);

    type Fails = (statements: readonly Statement[]) => "before" | "after" | null;
    const failing = (fails: Fails, failsAlone: Fails = () => null): SqlExecutor => {
      const around = async <T>(when: ReturnType<Fails>, run: () => Promise<T>): Promise<T> => {
        if (when === "before") throw new Error("D1_ERROR: Network connection lost.");
        const rows = await run();
        if (when === "after") throw new Error("D1_ERROR: Network connection lost.");
        return rows;
      };
      const { executor } = world;
      return {
        ...executor,
        all: (statement) => around(failsAlone([statement]), () => executor.all(statement)),
        batch: (statements) => around(fails(statements), () => executor.batch(statements)),
      };
    };
    const isCommit = (statements: readonly Statement[]) =>
      statements.some(({ text }) => text.includes("INTO _plasma_client_mutations"));

    it("a commit whose answer is lost counts once, and its rows are announced", async () => {
      let lost = 0;
      const shaky = createWorld(
        failing((statements) => (isCommit(statements) && lost++ === 0 ? "after" : null)),
      );
      const ada = shaky.client("ada");
      expect(await ada.mutate("takeShare", { id: "s1", amount: 1 })).toEqual({
        id: 1,
        status: "ok",
      });
      expect(await count("shares")).toBe(1);
      expect(shaky.pushed.flatMap((event) => event.rows)).toHaveLength(1);
      expect(lost).toBe(1);
    });

    it("a commit that never happened is tried again", async () => {
      let lost = 0;
      const shaky = createWorld(
        failing((statements) => (isCommit(statements) && lost++ < 2 ? "before" : null)),
      );
      expect(await shaky.client("ada").mutate("takeShare", { id: "s1", amount: 1 })).toEqual({
        id: 1,
        status: "ok",
      });
      expect(await count("shares")).toBe(1);
    });

    it("while it is down, nothing is decided and everything can be sent again", async () => {
      let isDown = false;
      const shaky = createWorld(failing(() => (isDown ? "before" : null)));
      const ada = shaky.client("ada");
      const mutations = [
        ada.mutation("takeShare", { id: "s1", amount: 1 }),
        ada.mutation("takeShare", { id: "s2", amount: 1 }),
      ];
      await ada.pull();
      isDown = true;
      const response = await ada.send("push", ada.pushBody(mutations));
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBe("1");
      const body = (await response.json()) as ErrorResponse;
      expect(body.code).toBe("unavailable");
      expect(JSON.stringify(body)).not.toMatch(/D1|Network|_plasma/);
      expect((await ada.send("pull", ada.pullBody())).status).toBe(503);
      expect(shaky.errors.some((error) => error.kind === "storage")).toBe(true);
      isDown = false;
      expect((await ada.push(mutations)).results).toMatchObject([
        { status: "ok" },
        { status: "ok" },
      ]);
      expect(await count("shares")).toBe(2);
    });

    describe.each<{ what: string; fails: (text: string) => ReturnType<Fails>; left: number }>([
      { what: "", fails: () => null, left: 0 },
      {
        what: ", and does not take back that it was counted",
        fails: (text) => (/^(DELETE FROM|UPDATE) _plasma_attempts/.test(text) ? "before" : null),
        left: 1,
      },
      {
        what: ", and counts it without saying so",
        fails: (text) => (text.startsWith("INSERT INTO _plasma_attempts") ? "after" : null),
        left: 1,
      },
    ])("however long and often it is down for a mutation$what", ({ fails, left }) => {
      it("that one is not put aside as if it had failed", async () => {
        let isDown = true;
        let now = 1_750_000_000_000;
        const shaky = createWorld(
          failing(
            (statements) => (isCommit(statements) && isDown ? "before" : null),
            ([statement]) => (isDown ? fails(statement!.text) : null),
          ),
          { platform: { ...hurried(), clock: { now: () => now } } },
        );
        const ada = shaky.client("ada");
        // It was sent before, and got no answer.
        const body = () => ({ ...ada.pushBody([mutation]), retry: true });
        const mutation = ada.mutation("takeShare", { id: "s1", amount: 1 });
        for (let push = 0; push < 8; push++) {
          expect((await ada.send("push", body())).status).toBe(503);
          now += 5 * 60_000;
        }
        const counted = await world.executor.all({
          text: "SELECT attempts FROM _plasma_attempts",
          params: [],
        });
        expect(counted).toEqual(left === 0 ? [] : [{ attempts: left }]);
        isDown = false;
        const answer = await ada.send("push", body());
        expect(await answer.json()).toMatchObject({ results: [{ id: 1, status: "ok" }] });
        expect(await count("shares")).toBe(1);
        expect(await count("_plasma_attempts")).toBe(0);
      });
    });

    describe("when the database takes nothing back", () => {
      const MINUTE = 60_000;
      let isDown: boolean;
      let isBroken: boolean;
      let now: number;
      let shaky: World;
      beforeEach(() => {
        isDown = true;
        isBroken = false;
        now = 1_750_000_000_000;
        const crash: Crash = async ({ db, args }) => {
          if (isBroken) throw new TypeError("A bug.");
          await db.insert(shares).values({ id: args.id, amount: 1 });
        };
        shaky = createWorld(
          failing(
            (statements) => (isCommit(statements) && isDown ? "before" : null),
            ([statement]) =>
              isDown && /^(DELETE FROM|UPDATE) _plasma_attempts/.test(statement!.text)
                ? "before"
                : null,
          ),
          {
            mutators: { ...mutators, ...defineMutators<typeof schema, Ctx>()({ crash }) },
            platform: { ...hurried(), clock: { now: () => now } },
          },
        );
      });

      it("what an outage leaves behind does not begin the time over which a mutator has to fail", async () => {
        const ada = shaky.client("ada");
        const mutation = ada.mutation("crash", { id: "x" });
        const pushes = async (retry: boolean) => {
          const body = { ...ada.pushBody([mutation]), ...(retry && { retry: true }) };
          const response = await ada.send("push", body);
          const { code, results } = (await response.json()) as PushResponse & ErrorResponse;
          return { status: response.status, code, results };
        };
        for (let push = 0; push < 8; push++) {
          expect(await pushes(push === 0)).toMatchObject({ status: 503, code: "unavailable" });
          now += 5 * MINUTE;
        }
        expect(await count("_plasma_attempts")).toBe(1);
        isDown = false;
        isBroken = true;
        const since = now;
        for (let failure = 0; failure < 5; failure++) {
          expect(await pushes(false)).toMatchObject({ status: 503, code: "mutation-held" });
          now += 10_000;
        }
        now = since + 10 * MINUTE - 1;
        expect(await pushes(false)).toMatchObject({ status: 503, code: "mutation-held" });
        now = since + 10 * MINUTE;
        expect(await pushes(false)).toMatchObject({
          status: 200,
          results: [{ id: 1, status: "error", code: "quarantined" }],
        });
      });

      it("pushes that were answered leave nothing behind, whichever handler it was", async () => {
        const isolates = [shaky, shaky.another()];
        const ada = shaky.client("ada");
        const mutation = ada.mutation("takeShare", { id: "s1", amount: 1 });
        for (let push = 0; push < 8; push++) {
          const response = await ada.send("push", ada.pushBody([mutation]), isolates[push % 2]);
          expect(response.status).toBe(503);
          expect(await count("_plasma_attempts")).toBe(0);
          now += 5 * MINUTE;
        }
        isDown = false;
        expect((await ada.push([mutation])).results).toEqual([{ id: 1, status: "ok" }]);
      });
    });

    it("of a mutation that another push decides meanwhile, no attempt is left", async () => {
      const { executor } = world;
      let isFirst = true;
      const overtaken = createWorld({
        ...executor,
        all: async (statement) => {
          const rows = await executor.all(statement);
          if (isFirst && statement.text.startsWith("INSERT INTO _plasma_attempts")) {
            isFirst = false;
            expect((await ada.send("push", body, world)).status).toBe(200);
          }
          return rows;
        },
      });
      const ada = overtaken.client("ada");
      const body = ada.pushBody([ada.mutation("takeShare", { id: "s1", amount: 1 })]);
      const answer = await ada.send("push", { ...body, retry: true });
      expect(await answer.json()).toMatchObject({ results: [{ id: 1, status: "ok" }] });
      expect(isFirst).toBe(false);
      expect(await count("_plasma_attempts")).toBe(0);
    });

    it("what was decided before the trouble stays decided; the rest is not reached", async () => {
      let commits = 0;
      const shaky = createWorld(
        failing((statements) => (isCommit(statements) && ++commits !== 2 ? "before" : null)),
        {
          platform: hurried(),
        },
      );
      const ada = shaky.client("ada");
      const mutations = ["s1", "s2", "s3"].map((id) =>
        ada.mutation("takeShare", { id, amount: 1 }),
      );
      const response = await ada.send("push", ada.pushBody(mutations));
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({
        details: {
          lastMutationID: 1,
          results: [
            { id: 1, status: "ok" },
            { id: 2, status: "not-reached" },
            { id: 3, status: "not-reached" },
          ],
        },
      });
      expect(shaky.pushed.flatMap((event) => event.rows.map((row) => row.id))).toEqual(["s1"]);
      const again = await ada.push(mutations, world);
      expect(again.results).toMatchObject([
        { status: "ok", duplicate: true },
        { status: "ok" },
        { status: "ok" },
      ]);
    });

    it("a mutator that swallows a failed read is not committed", async () => {
      let isDown = false;
      const shaky = createWorld(
        {
          ...world.executor,
          all: (statement) =>
            isDown ? Promise.reject(new Error("lost")) : world.executor.all(statement),
        },
        {
          platform: hurried(),
          mutators: {
            careless: {
              args: undefined,
              run: async ({ db }) => {
                isDown = true;
                await Promise.resolve(db.select().from(things)).catch(() => undefined);
                isDown = false;
              },
            },
          },
        },
      );
      const ada = shaky.client("ada");
      const response = await ada.send(
        "push",
        ada.pushBody([{ ...ada.mutation("refuse", {}), name: "careless" }]),
      );
      expect(response.status).toBe(503);
      expect(await count("_plasma_client_mutations")).toBe(0);
    });
  });
}
