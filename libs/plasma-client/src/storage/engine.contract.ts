/** What every engine must do, by the numbered invariants of `engine.ts`. */

import { DISCARDED_CODE, NOOP_MUTATOR } from "@sh1n4ps/plasma-core";
import type { Row } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { entry, pull } from "../testing/engine-records.ts";
import type { Engine, RowImage } from "./engine.ts";

export interface EngineUnderTest {
  readonly engine: Engine;
  /** A second connection to the same storage; undefined where there is no such thing. */
  readonly again?: () => Engine;
}

export function describeEngineContract(name: string, make: () => Promise<EngineUnderTest>): void {
  const opened = async () => {
    const made = await make();
    await made.engine.open();
    await made.engine.addClient("c1");
    return made;
  };

  describe(`${name}: opening`, () => {
    it("starts empty, without a cookie, and never synced", async () => {
      const { engine } = await make();
      await engine.open();
      const state = await engine.load();
      expect(state).toMatchObject({
        cookie: null,
        syncedAt: null,
        outbox: [],
        clients: [],
        rejected: [],
      });
      expect([...state.base]).toEqual([]);
    });

    it("opens twice without harm", async () => {
      const { engine } = await opened();
      await engine.append([entry(1)]);
      await engine.open();
      expect((await engine.load()).outbox).toHaveLength(1);
    });
  });

  describe(`${name}: outbox`, () => {
    it("keeps entries whole, in order, and numbers them without holes", async () => {
      const { engine } = await opened();
      expect(await engine.append([entry(1), entry(2)])).toEqual([1, 2]);
      expect(await engine.append([entry(3)])).toEqual([3]);
      const { outbox } = await engine.load();
      expect(outbox).toEqual([1, 2, 3].map((id) => ({ ...entry(id), seq: id })));
    });

    it("keeps dates, bytes, bigints and nulls of row images as they are", async () => {
      const { engine } = await opened();
      const row = { id: "t", due: new Date(5), bytes: new Uint8Array([1, 2]), big: 7n, none: null };
      await engine.append([{ ...entry(1), images: [{ table: "todos", id: "t", row }] }]);
      expect((await engine.load()).outbox[0]?.images[0]?.row).toEqual(row);
    });

    it("refuses an id that is taken, and then keeps nothing of that call (4, 7)", async () => {
      const { engine } = await opened();
      await engine.append([entry(1)]);
      await expect(engine.append([entry(2), entry(1, { uid: "other" })])).rejects.toMatchObject({
        kind: "storage",
      });
      expect((await engine.load()).outbox.map(({ id }) => id)).toEqual([1]);
      expect(await engine.append([entry(2)])).toEqual([2]);
    });

    it("refuses entries of a client that is not in the pool, and then keeps nothing of that call (4, 7)", async () => {
      const { engine } = await opened();
      const batch = [entry(1), entry(1, { clientID: "gone", uid: "gone-1" })];
      await expect(engine.append(batch)).rejects.toMatchObject({ kind: "client-renewed" });
      expect((await engine.load()).outbox).toEqual([]);
    });

    it("tells how far it is without loading anything", async () => {
      const { engine } = await opened();
      const start = await engine.position();
      expect(start).toMatchObject({ lastSeq: 0, pending: 0, rejected: 0 });
      const seqs = await engine.append([entry(1), entry(2)]);
      expect(await engine.position()).toEqual({ ...start, lastSeq: seqs[1], pending: 2 });
      await engine.discard([seqs[1] as number], { reason: { code: "x", message: "x" } });
      const { baseSeq, rejected } = await engine.position();
      expect(baseSeq).toBeGreaterThan(start.baseSeq);
      expect(rejected).toBe(1);
    });

    it("takes an empty batch", async () => {
      const { engine } = await opened();
      expect(await engine.append([])).toEqual([]);
    });

    it("replaces a rejected mutation by a new one in one step, and once: the next is refused", async () => {
      const { engine } = await opened();
      await engine.append([entry(1)]);
      await engine.discard([1], { reason: { code: "discarded", message: "given up" } });
      const dismiss = ["uid-c1-1"];
      await engine.append([entry(2)], { dismiss });
      const again = engine.append([entry(3)], { dismiss });
      await expect(again).rejects.toMatchObject({ kind: "unknown-mutation" });
      expect(await engine.load()).toMatchObject({ outbox: [{ id: 1 }, { id: 2 }], rejected: [] });
    });
  });

  describe(`${name}: pulls`, () => {
    it("writes rows and cookie, and counts (3, 5)", async () => {
      const { engine } = await opened();
      const { baseSeq } = await engine.load();
      const row = { id: "t1", title: "a", due: new Date(9) };
      const outcome = await engine.applyPull(pull({ puts: [{ table: "todos", row }], baseSeq }));
      expect(outcome).toEqual({ kind: "applied", baseSeq: baseSeq + 1, rejected: [], local: [] });
      const state = await engine.load();
      expect(state).toMatchObject({ cookie: "1", baseSeq: baseSeq + 1, syncedAt: 42 });
      expect(state.base.get("todos")?.get("t1")).toEqual(row);
    });

    it("deletes rows, and clears them all when told to, before it puts", async () => {
      const { engine } = await opened();
      const rows = ["a", "b", "c"].map((id) => ({ table: "todos", row: { id } }));
      await engine.applyPull(pull({ puts: rows }));
      await engine.applyPull(
        pull({
          expectedCookie: "1",
          cookie: "2",
          dels: [
            { table: "todos", id: "b" },
            { table: "x", id: "?" },
          ],
        }),
      );
      expect([...((await engine.load()).base.get("todos") ?? new Map()).keys()]).toEqual([
        "a",
        "c",
      ]);
      await engine.applyPull(
        pull({
          expectedCookie: "2",
          cookie: "3",
          clear: true,
          puts: [{ table: "lists", row: { id: "l" } }],
        }),
      );
      const { base } = await engine.load();
      expect([...(base.get("todos") ?? new Map()).keys()]).toEqual([]);
      expect([...(base.get("lists") ?? new Map()).keys()]).toEqual(["l"]);
    });

    it("is stale when the cookie has moved, and then changes nothing (3)", async () => {
      const { engine } = await opened();
      await engine.append([entry(1)]);
      await engine.applyPull(pull({ cookie: "1" }));
      const before = await engine.load();
      const late = pull({
        expectedCookie: null,
        cookie: "0",
        clear: true,
        puts: [{ table: "todos", row: { id: "old" } }],
        lastMutationIDs: { c1: 1 },
      });
      expect(await engine.applyPull(late)).toEqual({ kind: "stale" });
      expect(await engine.load()).toEqual(before);
    });

    it("is stale while a client has something to send that it knows nothing of", async () => {
      const { engine } = await opened();
      await engine.addClient("c2");
      const ignorant = pull({ known: ["c1"] });
      await engine.append([entry(1, { clientID: "c2" })]);
      expect(await engine.applyPull(ignorant)).toEqual({ kind: "stale" });
      await engine.applyPull(pull({ lastMutationIDs: { c2: 1 } }));
      const outcome = await engine.applyPull({ ...ignorant, expectedCookie: "1", cookie: "2" });
      expect(outcome.kind).toBe("applied");
    });

    it("drops what it settles, for each client alone, and keeps the rest (6)", async () => {
      const { engine } = await opened();
      await engine.addClient("c2");
      await engine.append([entry(1), entry(2), entry(3)]);
      await engine.append([entry(1, { clientID: "c2" })]);
      await engine.applyPull(pull({ lastMutationIDs: { c1: 2, unknown: 9 } }));
      const { outbox, clients } = await engine.load();
      expect(outbox.map(({ clientID, id }) => `${clientID}:${id}`)).toEqual(["c1:3", "c2:1"]);
      expect(clients).toContainEqual({ id: "c1", confirmed: 2 });
      expect(clients).toContainEqual({ id: "c2", confirmed: 0 });
    });

    it("never takes back what was confirmed", async () => {
      const { engine } = await opened();
      await engine.applyPull(pull({ lastMutationIDs: { c1: 5 } }));
      await engine.applyPull(
        pull({ expectedCookie: "1", cookie: "2", lastMutationIDs: { c1: 3 } }),
      );
      expect((await engine.load()).clients).toEqual([{ id: "c1", confirmed: 5 }]);
    });

    it("moves what was refused to the rejected ones, with its args and the reason", async () => {
      const { engine } = await opened();
      await engine.append([entry(1), entry(2)]);
      const rejections = [
        { clientID: "c1", id: 1, code: "forbidden", message: "No.", details: { a: 1 } },
        { clientID: "c2", id: 2, code: "forbidden", message: "Not ours." },
      ];
      const outcome = await engine.applyPull(pull({ lastMutationIDs: { c1: 2 }, rejections }));
      const { images: _images, baseSeq: _baseSeq, ...kept } = entry(1);
      const expected = [{ ...kept, code: "forbidden", message: "No.", details: { a: 1 } }];
      expect(outcome).toMatchObject({ kind: "applied", rejected: expected });
      const state = await engine.load();
      expect(state.rejected).toEqual(expected);
      expect(state.outbox).toEqual([]);
    });

    it("writes the images of entries that were run again, and skips those that are gone", async () => {
      const { engine } = await opened();
      const { baseSeq } = await engine.load();
      await engine.append([entry(1), entry(2)]);
      const images = [{ table: "todos", id: "t", row: { id: "t", title: "rebased" } }];
      const rerun = [
        { seq: 1, images },
        { seq: 2, images },
        { seq: 99, images },
      ];
      await engine.applyPull(pull({ lastMutationIDs: { c1: 1 }, rerun, baseSeq }));
      const { outbox } = await engine.load();
      expect(outbox).toEqual([{ ...entry(2), seq: 2, images, baseSeq: baseSeq + 1 }]);
    });

    it("leaves images alone that were computed before something else changed (5)", async () => {
      const { engine } = await opened();
      const { baseSeq } = await engine.load();
      await engine.append([entry(1), entry(2)]);
      await engine.discard([1], { reason: null });
      await engine.applyPull(pull({ rerun: [{ seq: 2, images: [] }], baseSeq }));
      expect((await engine.load()).outbox[1]).toMatchObject({
        images: entry(2).images,
        baseSeq: 1,
      });
    });

    it("leaves entries that came meanwhile marked as made on an older base (5)", async () => {
      const { engine } = await opened();
      const { baseSeq } = await engine.load();
      await engine.append([entry(1, { baseSeq })]);
      await engine.applyPull(pull({ baseSeq }));
      const state = await engine.load();
      expect(state.outbox[0]?.baseSeq).toBeLessThan(state.baseSeq);
    });
  });

  describe(`${name}: local-only tables`, () => {
    const draft = (id: string, text: string | null): RowImage => ({
      table: "drafts",
      id,
      row: text === null ? null : { id, todoId: null, text, opened: 0 },
      local: true,
    });
    const textsIn = async (engine: Engine) => {
      const rows = (await engine.load()).base.get("drafts") ?? new Map<string, Row>();
      return Object.fromEntries([...rows].map(([id, row]) => [id, row["text"]]));
    };

    it("keeps rows, takes deleted ones out, and counts (7)", async () => {
      const { engine } = await opened();
      const start = await engine.position();
      const kept = await engine.keepLocal([draft("a", "A"), draft("b", "B")]);
      expect(kept).toMatchObject({ localSeq: start.localSeq + 1, baseSeq: start.baseSeq });
      await engine.keepLocal([draft("a", null), draft("b", "B2")]);
      expect(await textsIn(engine)).toEqual({ b: "B2" });
      expect(await engine.position()).toEqual({ ...start, localSeq: start.localSeq + 2 });
      expect((await engine.load()).localSeq).toBe(start.localSeq + 2);
    });

    it("no pull and no reset by the server takes them away (7)", async () => {
      const { engine } = await opened();
      await engine.keepLocal([draft("a", "A")]);
      await engine.applyPull(pull({ clear: true }));
      await engine.resetBase({ keepRows: true });
      expect(await textsIn(engine)).toEqual({ a: "A" });
      await engine.resetBase({ keepRows: false });
      expect(await textsIn(engine)).toEqual({});
    });

    it("what a mutation wrote is kept when it is settled, and not when it was refused (7)", async () => {
      const { engine } = await opened();
      const todo = { table: "todos", id: "t", row: { id: "t", title: "x" } };
      await engine.append([
        entry(1, { images: [draft("a", "A"), todo] }),
        entry(2, { images: [draft("b", "B")] }),
        entry(3, { images: [draft("a", "A3"), draft("c", "C")] }),
        entry(4, { images: [draft("c", "C4")], staysHere: true }),
        entry(5, { images: [draft("d", "D")] }),
      ]);
      const refused = (id: number) => ({ clientID: "c1", id, code: "no", message: "No." });
      const rejections = [refused(2), refused(4)];
      const outcome = await engine.applyPull(pull({ lastMutationIDs: { c1: 4 }, rejections }));
      expect(outcome).toMatchObject({ local: [draft("a", "A3"), draft("c", "C4")] });
      expect(await textsIn(engine)).toEqual({ a: "A3", c: "C4" });
      expect((await engine.load()).base.get("todos")?.size ?? 0).toBe(0);
    });
  });

  describe(`${name}: local-only tables`, () => {
    const image = (text: string): RowImage => ({
      table: "drafts",
      id: "d",
      row: { id: "d", todoId: null, text, opened: 0 },
      local: true,
    });
    const discarded = { clientID: "c1", id: 1, code: DISCARDED_CODE, message: "Discarded." };

    it.each([
      ["that the server had run already keeps what it wrote", [], [image("mine")]],
      ["that never ran leaves nothing", [discarded], []],
    ])("a discarded mutation %s (7)", async (_what, rejections, local) => {
      const { engine } = await opened();
      await engine.append([entry(1, { images: [image("mine")] })]);
      await engine.discard([1], { reason: null });
      expect((await engine.load()).outbox[0]?.images).toEqual([]);
      const outcome = await engine.applyPull(pull({ lastMutationIDs: { c1: 1 }, rejections }));
      expect(outcome).toMatchObject({ local });
    });
  });

  describe(`${name}: discards, renewals, resets`, () => {
    it("turns a discarded entry into one that does nothing, under the same id and uid", async () => {
      const { engine } = await opened();
      const before = await engine.load();
      await engine.append([entry(1), entry(2)]);
      await engine.discard([1], { reason: null });
      const state = await engine.load();
      expect(state.outbox[0]).toMatchObject({
        id: 1,
        uid: "uid-c1-1",
        name: NOOP_MUTATOR,
        args: null,
        images: [],
      });
      expect(state.outbox[1]).toMatchObject({ id: 2, name: "addTodo" });
      expect(state.rejected).toEqual([]);
      expect(state.baseSeq).toBe(before.baseSeq + 1);
    });

    it("keeps discarded mutations as rejected ones when there is a reason, once", async () => {
      const { engine } = await opened();
      await engine.append([entry(1)]);
      const reason = { code: "discarded", message: "given up" };
      await engine.discard([1, 7], { reason });
      await engine.discard([1], { reason: { code: "again", message: "again" } });
      expect((await engine.load()).rejected).toMatchObject([
        { ...reason, name: "addTodo", args: { id: "t1" } },
      ]);
    });

    it("keeps nothing of a discarded mutation when the server has skipped it", async () => {
      const { engine } = await opened();
      await engine.append([entry(1)]);
      await engine.discard([1], { reason: null });
      const rejections = [{ clientID: "c1", id: 1, code: DISCARDED_CODE, message: "" }];
      await engine.applyPull(pull({ lastMutationIDs: { c1: 1 }, rejections }));
      expect(await engine.load()).toMatchObject({ outbox: [], rejected: [] });
    });

    it("moves a client's entries to a fresh id, numbered from 1, uids and order kept", async () => {
      const { engine } = await opened();
      await engine.addClient("c2");
      await engine.append([entry(1), entry(2)]);
      await engine.append([entry(1, { clientID: "c2" })]);
      await engine.append([entry(3)]);
      await engine.applyPull(pull({ lastMutationIDs: { c1: 1 } }));
      await engine.renewClient({ from: "c1", to: "c9" });
      const { outbox, clients } = await engine.load();
      expect(outbox.map(({ clientID, id, uid, seq }) => ({ clientID, id, uid, seq }))).toEqual([
        { clientID: "c9", id: 1, uid: "uid-c1-2", seq: 2 },
        { clientID: "c2", id: 1, uid: "uid-c2-1", seq: 3 },
        { clientID: "c9", id: 2, uid: "uid-c1-3", seq: 4 },
      ]);
      expect(clients.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
        { id: "c2", confirmed: 0 },
        { id: "c9", confirmed: 0 },
      ]);
    });

    it("forgets rows and cookie, and keeps the outbox", async () => {
      const { engine } = await opened();
      await engine.append([entry(1)]);
      await engine.applyPull(pull({ puts: [{ table: "todos", row: { id: "a" } }] }));
      const before = await engine.load();
      await engine.resetBase({ keepRows: false });
      const state = await engine.load();
      expect(state).toMatchObject({ cookie: null, syncedAt: null, baseSeq: before.baseSeq + 1 });
      expect(state.base.get("todos")?.size ?? 0).toBe(0);
      expect(state.outbox).toEqual(before.outbox);
    });

    it("keeps the rows until the next pull when told to", async () => {
      const { engine } = await opened();
      await engine.applyPull(pull({ puts: [{ table: "todos", row: { id: "a" } }] }));
      await engine.resetBase({ keepRows: true });
      const state = await engine.load();
      expect(state).toMatchObject({ cookie: null, syncedAt: 42 });
      expect(state.base.get("todos")?.size).toBe(1);
    });

    it("forgets rejected mutations that are dismissed, and no others", async () => {
      const { engine } = await opened();
      await engine.append([entry(1), entry(2)]);
      await engine.discard([1, 2], { reason: { code: "discarded", message: "given up" } });
      await engine.dismissRejected(["uid-c1-1", "unknown"]);
      expect((await engine.load()).rejected.map(({ uid }) => uid)).toEqual(["uid-c1-2"]);
    });
  });

  describe(`${name}: closing`, () => {
    it("refuses everything afterwards, with a typed error", async () => {
      const { engine } = await opened();
      await engine.close();
      await expect(engine.load()).rejects.toMatchObject({ kind: "disposed" });
      await expect(engine.append([entry(1)])).rejects.toMatchObject({ kind: "disposed" });
    });

    it("finds everything again in the next connection, where storage is durable", async () => {
      const { engine, again } = await opened();
      if (!again) return;
      await engine.append([entry(1)]);
      await engine.applyPull(pull({ puts: [{ table: "todos", row: { id: "a" } }] }));
      const before = await engine.load();
      await engine.close();
      const second = again();
      await second.open();
      expect(await second.load()).toEqual(before);
      expect(await second.append([entry(2)])).toEqual([2]);
      await second.close();
    });

    it("keeps two connections apart by the cookie: the later of two pulls is stale (3)", async () => {
      const { engine, again } = await opened();
      if (!again) return;
      const second = again();
      await second.open();
      const outcomes = await Promise.all([
        engine.applyPull(pull({ cookie: "a" })),
        second.applyPull(pull({ cookie: "b" })),
      ]);
      expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(["applied", "stale"]);
      await second.close();
    });
  });
}
