/** `resolveConflict`: what becomes of a row that two clients have changed. */

import {
  alias,
  boolean,
  defineMutators,
  defineSchema,
  eq,
  exists,
  id,
  int,
  and,
  MutationRefused,
  select,
  table,
  text,
} from "@sh1n4ps/plasma-core";
import type { Condition, MutatorInput, WireMutation } from "@sh1n4ps/plasma-core";
import { beforeEach, describe, expect, it } from "vitest";
import { compactChangeLog } from "../change-log/compact.ts";
import { createServerDb } from "../db/server-db.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import type { Ctx } from "./app.ts";
import { createWorld } from "./world.ts";
import type { Client, World } from "./world.ts";

const seats = table(
  "seats",
  { id: id(), board: text(), userId: text() },
  { indexes: [["board", "userId"]] },
);
const seat = alias(seats, "seat");

const cards = table(
  "cards",
  {
    id: id(),
    board: text(),
    title: text(),
    body: text().default(""),
    votes: int().default(0),
    locked: boolean().default(false),
  },
  {
    auth: {
      read: (ctx: Ctx, row): Condition =>
        exists(
          select()
            .from(seat)
            .where(and(eq(seat.board, row.board), eq(seat.userId, ctx.userId))),
        ),
      write: (_ctx: Ctx, row) => eq(row.locked, false),
    },
    // Shows in the title what it was asked.
    resolveConflict: ({ base, current, incoming, ctx }) => {
      if (incoming.title === "refuse") throw new MutationRefused("no-merge", "Look again.");
      if (incoming.title === "crash") throw new TypeError("a bug");
      if (incoming.title === "lock") return { ...incoming, locked: true };
      if (incoming.title === "rename the id") return { ...incoming, id: "other" };
      if (incoming.title === "too much") return { ...incoming, votes: 0.5 };
      const title = `${base?.title ?? "?"} > ${current.title} + ${incoming.title} (${ctx.userId})`;
      return { ...incoming, body: current.body, title };
    },
  },
);

/** Rows that a predicate decides about. */
const papers = table(
  "papers",
  { id: id(), owner: text(), body: text() },
  {
    auth: { read: (ctx: Ctx, row) => row.owner === "all" || row.owner === ctx.userId },
    resolveConflict: ({ base, current, incoming }) => ({
      ...current,
      body: `${base?.body ?? "?"} > ${current.body} + ${incoming.body}`,
    }),
  },
);

const schema = defineSchema({ seats, cards, papers });

type CardArgs = { id: string; title?: string; body?: string; votes?: number };

const mutators = defineMutators<typeof schema, Ctx>()({
  sit: async ({ db, args }: MutatorInput<Ctx, { board: string; userId: string }>) => {
    await db.insert(seats).values({ id: `${args.board}:${args.userId}`, ...args });
  },
  addCard: async ({
    db,
    args,
  }: MutatorInput<Ctx, { id: string; board: string; title: string }>) => {
    await db.insert(cards).values(args);
  },
  edit: async ({ db, args: { id: card, ...patch } }: MutatorInput<Ctx, CardArgs>) => {
    await db.update(cards).set(patch).where(eq(cards.id, card));
  },
  editTwice: async ({ db, args }: MutatorInput<Ctx, { id: string; title: string }>) => {
    await db.update(cards).set({ title: args.title }).where(eq(cards.id, args.id));
    const [card] = await db.select().from(cards).where(eq(cards.id, args.id));
    await db
      .update(cards)
      .set({ title: `${card!.title}!` })
      .where(eq(cards.id, args.id));
  },
  put: async ({ db, args }: MutatorInput<Ctx, { id: string; board: string; title: string }>) => {
    await db
      .insert(cards)
      .values(args)
      .onConflictDoUpdate({ target: cards.id, set: { title: args.title } });
  },
  vote: async ({ db, args }: MutatorInput<Ctx, { id: string }>) => {
    await db.increment(cards.votes, 1).where(eq(cards.id, args.id));
  },
  remove: async ({ db, args }: MutatorInput<Ctx, { id: string }>) => {
    await db.delete(cards).where(eq(cards.id, args.id));
  },
  overrule: async ({ unrestrictedDb, args }: MutatorInput<Ctx, { id: string; title: string }>) => {
    await unrestrictedDb?.update(cards).set({ title: args.title }).where(eq(cards.id, args.id));
  },
  addPaper: async ({
    db,
    args,
  }: MutatorInput<Ctx, { id: string; owner: string; body: string }>) => {
    await db.insert(papers).values(args);
  },
  editPaper: async ({
    db,
    args: { id: paper, ...patch },
  }: MutatorInput<Ctx, { id: string; owner?: string; body?: string }>) => {
    await db.update(papers).set(patch).where(eq(papers.id, paper));
  },
});

export function conflictContract(fresh: () => Promise<SqlExecutor>): void {
  describe("resolveConflict", () => {
    let executor: SqlExecutor;
    let world: World;
    let ada: Client;
    let bob: Client;
    beforeEach(async () => {
      executor = await fresh();
      world = createWorld(executor, { schema, mutators });
      [ada, bob] = [world.client("ada"), world.client("bob")];
      for (const userId of ["ada", "bob"]) await does(ada, "sit", { board: "b", userId });
      await does(ada, "addCard", { id: "c", board: "b", title: "one" });
      await ada.pull();
      await bob.pull();
    });

    const made = (client: Client, name: string, args: unknown): WireMutation =>
      client.mutation(name as "rename", args);
    /** Pushes mutations that were made on the client's rows, or on those of another cookie. */
    const send = async (
      client: Client,
      mutations: readonly WireMutation[],
      base: string | null | undefined = client.cookie,
    ) => {
      const body = { ...client.pushBody(mutations), base };
      const response = await client.send("push", body);
      return (await response.json()) as { results: { status: string; code?: string }[] };
    };
    const does = async (client: Client, name: string, args: unknown, base?: string | null) =>
      (await send(client, [made(client, name, args)], base)).results[0]!;
    const card = async () => {
      const db = createServerDb({ schema, executor });
      const [row] = await db.select().from(cards).where(eq(cards.id, "c"));
      return row!;
    };

    it("is asked with base, current and incoming, and both get what it says", async () => {
      await does(bob, "edit", { id: "c", title: "two", body: "by bob" });
      expect(await does(ada, "edit", { id: "c", title: "three" })).toEqual({ id: 4, status: "ok" });
      const merged = { title: "one > two + three (ada)", body: "by bob" };
      for (const client of [ada, bob]) {
        await client.pull();
        expect(client.rows.get("cards/c")).toMatchObject(merged);
      }
    });

    it("is not asked when the other has changed other columns, or nothing has changed", async () => {
      await does(bob, "edit", { id: "c", body: "by bob" });
      await does(ada, "edit", { id: "c", title: "three" });
      expect(await card()).toMatchObject({ title: "three", body: "by bob" });
      await does(bob, "edit", { id: "c", title: "three", body: "again" });
      expect(await card()).toMatchObject({ title: "three", body: "again" });
    });

    it("is not asked about what the client itself has changed since, also when others have changed the row", async () => {
      const before = ada.cookie;
      await does(ada, "edit", { id: "c", title: "two" }, before);
      await does(bob, "edit", { id: "c", body: "by bob" });
      await send(
        ada,
        ["three", "four"].map((title) => made(ada, "edit", { id: "c", title })),
        before,
      );
      expect(await card()).toMatchObject({ title: "four", body: "by bob" });
    });

    it("is asked about each of several offline edits, each with what the person had seen", async () => {
      await does(bob, "edit", { id: "c", title: "two" });
      await send(
        ada,
        ["three", "four"].map((title) => made(ada, "edit", { id: "c", title })),
      );
      expect((await card()).title).toBe("one > one > two + three (ada) + four (ada)");
    });

    it("is asked once when a mutation writes a row twice", async () => {
      await does(bob, "edit", { id: "c", title: "two" });
      await does(ada, "editTwice", { id: "c", title: "three" });
      expect((await card()).title).toBe("one > two + three (ada)!");
    });

    it("is asked when an insert turns into an update, and when other SQL was the other side", async () => {
      await executor.run({ text: "UPDATE cards SET title = 'by cron' WHERE id = 'c'", params: [] });
      await does(ada, "put", { id: "c", board: "b", title: "three" });
      expect((await card()).title).toBe("one > by cron + three (ada)");
    });

    it("is not asked about increments, deletes, unrestricted writes and the server's own", async () => {
      await does(bob, "edit", { id: "c", title: "two", votes: 5 });
      await does(ada, "vote", { id: "c" });
      expect(await card()).toMatchObject({ title: "two", votes: 6 });
      await does(ada, "overrule", { id: "c", title: "three" });
      expect((await card()).title).toBe("three");
      const db = createServerDb({ schema, executor, ctx: { userId: "ada" } });
      await db.update(cards).set({ title: "four" }).where(eq(cards.id, "c"));
      expect((await card()).title).toBe("four");
      expect((await does(bob, "remove", { id: "c" })).status).toBe("ok");
      expect(await card()).toBeUndefined();
    });

    it("what it returns is checked and authorised like any row, and what it throws refuses the mutation", async () => {
      await does(bob, "edit", { id: "c", title: "two" });
      for (const [title, code] of [
        ["refuse", "no-merge"],
        ["lock", "forbidden"],
        ["rename the id", "invalid-value"],
        ["too much", "invalid-value"],
      ] as const) {
        expect(await does(ada, "edit", { id: "c", title })).toMatchObject({
          status: "error",
          code,
        });
        expect(await card()).toMatchObject({ title: "two", locked: false });
      }
      const crashed = await ada.send("push", {
        ...ada.pushBody([made(ada, "edit", { id: "c", title: "crash" })]),
        base: ada.cookie,
      });
      expect(crashed.status).toBe(503);
      expect((await card()).title).toBe("two");
    });

    it("counts once, however often its push arrives", async () => {
      await does(bob, "edit", { id: "c", title: "two" });
      const push = [made(ada, "edit", { id: "c", title: "three" })];
      await Promise.all([send(ada, push), send(ada, push), send(ada, push)]);
      await send(ada, push);
      expect((await card()).title).toBe("one > two + three (ada)");
    });

    it("of two at the same time, the later one is asked about the earlier", async () => {
      const both = [
        does(ada, "edit", { id: "c", title: "A" }),
        does(bob, "edit", { id: "c", title: "B" }),
      ];
      await Promise.all(both);
      expect(["one > A + B (bob)", "one > B + A (ada)"]).toContain((await card()).title);
    });

    it("the base is what the person could read then, by the rule of then", async () => {
      const carl = world.client("carl");
      await carl.pull();
      await does(bob, "edit", { id: "c", title: "two" });
      await does(bob, "sit", { board: "b", userId: "carl" });
      await does(carl, "edit", { id: "c", title: "three" });
      expect((await card()).title).toBe("? > two + three (carl)");

      await does(ada, "addPaper", { id: "p", owner: "ada", body: "one" });
      await does(ada, "addPaper", { id: "q", owner: "all", body: "one" });
      await bob.pull();
      await does(ada, "editPaper", { id: "p", owner: "all", body: "two" });
      await does(ada, "editPaper", { id: "q", body: "two" });
      await does(bob, "editPaper", { id: "p", body: "three" });
      await does(bob, "editPaper", { id: "q", body: "three" });
      await ada.pull();
      expect(ada.rows.get("papers/p")).toMatchObject({ body: "? > two + three" });
      expect(ada.rows.get("papers/q")).toMatchObject({ body: "one > two + three" });
    });

    it("without a base to believe, whatever somebody else may have written is a conflict, with base null", async () => {
      const forged = `${ada.cookie!.slice(0, -2)}AA`;
      for (const base of [undefined, null, "nonsense", forged, bob.cookie]) {
        await does(bob, "edit", { id: "c", title: "two" }, bob.cookie);
        const body = ada.pushBody([made(ada, "edit", { id: "c", title: "three" })]);
        await ada.send("push", base === undefined ? body : { ...body, base });
        expect((await card()).title).toMatch(/^\? > .* \+ three \(ada\)$/);
      }
      await does(ada, "addCard", { id: "own", board: "b", title: "mine" }, null);
      await does(ada, "edit", { id: "own", title: "still mine" }, null);
      await ada.pull();
      expect(ada.rows.get("cards/own")).toMatchObject({ title: "still mine" });
    });

    it("a base of another person, or from before what the rules say of this one has changed, is none", async () => {
      const seenBy = (ctx: Ctx, principal: string) =>
        world.another({
          auth: ({ headers }) => {
            const clientID = headers.get("x-plasma-client-id")!;
            return { ok: true, clientGroupID: "ada", clientID, ctx, principal };
          },
        });
      const zoe = seenBy({ userId: "ada" }, "zoe").client("ada", "zoe-tab");
      await zoe.pull();
      await does(bob, "edit", { id: "c", title: "two" });
      await does(ada, "edit", { id: "c", title: "three" }, zoe.cookie);
      expect((await card()).title).toBe("? > two + three (ada)");
      const promoted = seenBy({ userId: "bob" }, "ada");
      const push = ada.pushBody([made(ada, "edit", { id: "c", title: "four" })]);
      await ada.send("push", { ...push, base: ada.cookie }, promoted);
      expect((await card()).title).toBe("? > ? > two + three (ada) + four (bob)");
    });

    it("a base that the log no longer reaches is none", async () => {
      await does(bob, "edit", { id: "c", title: "two" });
      await compactChangeLog(executor, Number.MAX_SAFE_INTEGER);
      await does(ada, "edit", { id: "c", title: "three" });
      expect((await card()).title).toBe("? > two + three (ada)");
    });

    it("a base that is no text is a malformed request", async () => {
      const push = { ...ada.pushBody([made(ada, "edit", { id: "c" })]), base: 7 };
      expect((await ada.send("push", push)).status).toBe(400);
    });
  });
}
