import { CLIENT_ID_HEADER } from "@sh1n4ps/plasma-core";
import type { PushRequest, WireMutation } from "@sh1n4ps/plasma-core";
import { describe, expect, it, vi } from "vitest";
import { newPushMemory, runPush } from "./push.ts";
import type { PushMemory, PushRun } from "./push.ts";
import { memoryReplica } from "./testing/memory-replica.ts";
import { memoryServer, refuse } from "./testing/memory-server.ts";
import { virtualPlatform } from "./testing/virtual-platform.ts";
import { createTransport, DEFAULT_REQUEST_TIMEOUT_MS } from "./transport.ts";

type Answer = (body: PushRequest) => Response | Promise<Response> | null;

function setUp() {
  const server = memoryServer();
  const replica = memoryReplica();
  const memory: PushMemory = newPushMemory();
  const sent: { clientID: string; ids: number[] }[] = [];
  const bodies: PushRequest[] = [];
  const onParked = vi.fn();
  const setup = { answer: (() => null) as Answer, now: 0 };
  const platform = virtualPlatform({
    fetch: async (_url, init) => {
      const body = JSON.parse(String(init.body)) as PushRequest;
      bodies.push(body);
      sent.push({ clientID: body.clientID, ids: body.mutations.map(({ id }) => id) });
      return setup.answer(body) ?? server.handle("push", init);
    },
  });
  const transport = createTransport({
    endpoint: "https://sync.test/sync",
    clientGroupID: "person",
    schemaVersion: "1",
    platform,
  });
  const push = (change: Partial<PushRun> = {}) =>
    runPush({
      replica,
      transport,
      memory,
      limits: { maxMutations: 200, maxBytes: 900_000 },
      signal: new AbortController().signal,
      now: setup.now,
      parkForMs: 1000,
      onParked,
      ...change,
    });
  return { server, replica, memory, sent, bodies, onParked, setup, push, platform };
}

function requestOf(body: PushRequest): RequestInit {
  return { body: JSON.stringify(body), headers: { [CLIENT_ID_HEADER]: body.clientID } };
}

function brokenOff(): ReadableStream {
  return new ReadableStream({ start: (stream) => stream.error(new Error("Reset")) });
}

const busy = () => refuse(500, { code: "internal", message: "A bug." });
const refused = () => refuse(403, { code: "forbidden", message: "Not yours." });

describe("a push run", () => {
  it("does not send again what was answered and not yet pulled (invariant 1)", async () => {
    const { replica, push, sent } = setUp();
    replica.append();
    expect(await push()).toEqual({ kind: "pushed", sent: 1, more: false });
    expect(await push()).toEqual({ kind: "pushed", sent: 0, more: false });
    replica.append();
    expect(await push()).toEqual({ kind: "pushed", sent: 1, more: false });
    expect(sent.map(({ ids }) => ids)).toEqual([[1], [2]]);
  });

  it("goes on from where the server got to", async () => {
    const { replica, push, sent, setup, server } = setUp();
    for (let count = 0; count < 3; count += 1) replica.append();
    setup.answer = ({ mutations }) => {
      if (mutations.length < 3) return null;
      server.forget("tab-1", 1);
      const results = [
        { id: 1, status: "ok" },
        { id: 2, status: "not-reached" },
        { id: 3, status: "not-reached" },
      ];
      return Response.json({ lastMutationID: 1, results });
    };
    expect(await push()).toMatchObject({ kind: "pushed" });
    expect(sent.map(({ ids }) => ids)).toEqual([
      [1, 2, 3],
      [2, 3],
    ]);
  });

  it("fails if the server decided nothing, so that it is not asked at once again", async () => {
    const { replica, push, setup } = setUp();
    replica.append();
    const undecided = { lastMutationID: 0, results: [{ id: 1, status: "not-reached" }] };
    setup.answer = () => Response.json(undecided);
    expect(await push()).toMatchObject({ kind: "failed", failure: { kind: "transient" } });
  });

  it("stops when it is aborted", async () => {
    const { replica, push, sent } = setUp();
    replica.append();
    expect(await push({ signal: AbortSignal.abort() })).toEqual({ kind: "aborted" });
    expect(sent).toEqual([]);
  });

  it("sends a mutation that is larger than a push may be alone, and lets the server decide", async () => {
    const { replica, push, sent } = setUp();
    for (const args of ["a", "x".repeat(500), "b", "c"]) replica.append({ args });
    await push({ limits: { maxMutations: 200, maxBytes: 300 } });
    expect(sent.map(({ ids }) => ids)).toEqual([[1], [2], [3, 4]]);
  });

  it("counts bytes, not characters", async () => {
    const { replica, push, sent } = setUp();
    for (let count = 0; count < 2; count += 1) replica.append({ args: "ü".repeat(200) });
    await push({ limits: { maxMutations: 200, maxBytes: 700 } });
    expect(sent.map(({ ids }) => ids)).toEqual([[1], [2]]);
  });
});

describe("a gap", () => {
  it("is filled from the id that the server expects (invariant 2)", async () => {
    const { replica, push, sent, server, memory } = setUp();
    for (let count = 0; count < 4; count += 1) replica.append();
    // What was answered is lost again: the server was restored from a backup.
    memory.answered.set("tab-1", 3);
    server.forget("tab-1", 1);
    expect(await push()).toEqual({ kind: "pushed", sent: 3, more: false });
    expect(sent.map(({ ids }) => ids)).toEqual([[4], [2, 3, 4]]);
    expect(memory.answered.get("tab-1")).toBe(4);
  });

  it("that makes no sense parks the outbox instead of going round", async () => {
    const answers = [9, 1, 0, -1, 1.5, "1", null];
    for (const expected of answers) {
      const { replica, push, setup, sent, onParked } = setUp();
      replica.append();
      const gap = { code: "gap", message: "One is missing.", details: { expected } };
      setup.answer = () => refuse(409, gap);
      expect(await push()).toEqual({ kind: "pushed", sent: 0, more: false });
      expect(sent).toHaveLength(1);
      expect(onParked).toHaveBeenCalledTimes(1);
    }
  });

  it("that keeps moving is given up", async () => {
    const { replica, push, setup, sent, memory } = setUp();
    for (let count = 0; count < 20; count += 1) replica.append();
    memory.answered.set("tab-1", 19);
    setup.answer = ({ mutations }) =>
      refuse(409, {
        code: "gap",
        message: "One is missing.",
        details: { expected: (mutations[0] as WireMutation).id - 1 },
      });
    expect(await push()).toEqual({ kind: "pushed", sent: 0, more: false });
    expect(sent).toHaveLength(4);
    expect(memory.parked.size).toBe(1);
  });
});

describe("a client that the server has forgotten", () => {
  it("moves its mutations to a fresh id, with their uids, and leaves them to the next run", async () => {
    const { replica, push, server } = setUp();
    const first = replica.append();
    await push();
    await replica.applyPull(replica.pullState(), [
      { cookie: "1", patch: [], lastMutationIDs: { "tab-1": 1 }, rejections: [], hasMore: false },
    ]);
    server.forget("tab-1");
    const second = replica.append();
    expect(await push()).toEqual({ kind: "pushed", sent: 0, more: true });
    expect(await push()).toEqual({ kind: "pushed", sent: 1, more: false });
    expect(server.effects).toEqual([first, second]);
  });

  it("does not move what arrived under the old id twice into effect", async () => {
    const { replica, push, server, setup } = setUp();
    replica.append();
    await push();
    setup.answer = ({ clientID }) =>
      clientID === "tab-1" ? refuse(409, { code: "client-forked", message: "Forked." }) : null;
    replica.append();
    await push();
    await push();
    expect(server.effects).toHaveLength(2);
  });

  it("gets three ids, and three more once a push was accepted", async () => {
    const { replica, push, setup, memory } = setUp();
    const forked = () => refuse(409, { code: "client-forked", message: "Forked." });
    replica.append();
    setup.answer = forked;
    for (let time = 0; time < 3; time += 1) expect(await push()).toMatchObject({ more: true });
    expect(await push()).toMatchObject({ more: false });
    expect(memory.parked.size).toBe(1);

    setup.answer = () => null;
    memory.parked.clear();
    expect(await push()).toMatchObject({ sent: 1 });
    setup.answer = forked;
    replica.append();
    expect(await push()).toMatchObject({ more: true });
  });

  it("stays as it is when the move cannot be stored", async () => {
    const { replica, push, setup } = setUp();
    replica.append();
    replica.renewClient = () => Promise.reject(new Error("The disk is full."));
    setup.answer = () => refuse(409, { code: "client-forked", message: "Forked." });
    const outcome = await push();
    expect(outcome).toMatchObject({ kind: "failed", failure: { error: { kind: "storage" } } });
    expect(replica.pendingCount()).toBe(1);
  });
});

describe("a push is marked as a retry (invariant 6)", () => {
  const html = (status: number) => new Response("<html>", { status });
  const isMarked = ({ retry }: PushRequest) => retry === true;

  it.each<[string, Answer]>([
    ["the line is broken", () => Promise.reject(new TypeError("Failed to fetch"))],
    ["the answer breaks off", () => new Response(brokenOff())],
    ["a gateway answers 502", () => html(502)],
    ["a gateway answers 503", () => html(503)],
    ["a gateway answers 504", () => html(504)],
    ["a gateway answers in JSON", () => refuse(502, { code: "upstream", message: "Gone." })],
    ["a router knows nobody", () => html(404)],
    ["a captive portal answers", () => html(200)],
  ])("after %s", async (_what, lost) => {
    const { replica, push, setup, bodies } = setUp();
    replica.append();
    setup.answer = lost;
    await push();
    await push();
    setup.answer = () => null;
    await push();
    replica.append();
    await push();
    expect(bodies.map(isMarked)).toEqual([false, true, true, false]);
  });

  it("after it took too long, and after it was given up", async () => {
    const { replica, push, setup, bodies, platform } = setUp();
    const controller = new AbortController();
    replica.append();
    setup.answer = () => new Promise(() => {});
    const slow = push();
    await platform.advance(DEFAULT_REQUEST_TIMEOUT_MS);
    await slow;
    setup.answer = busy;
    await push();
    setup.answer = () => new Promise(() => {});
    const givenUp = push({ signal: controller.signal });
    await platform.settle();
    controller.abort();
    await givenUp;
    setup.answer = () => null;
    await push();
    expect(bodies.map(isMarked)).toEqual([false, true, false, true]);
  });

  it.each([400, 401, 403, 404, 429, 500, 503])(
    "but not after an answer of the server itself (%i)",
    async (status) => {
      const { replica, push, setup, memory, bodies } = setUp();
      replica.append();
      setup.answer = () => refuse(status, { code: "x", message: "No." });
      for (let time = 0; time < 3; time += 1) {
        await push();
        memory.parked.clear();
      }
      setup.answer = () => html(502);
      await push();
      setup.answer = () => refuse(status, { code: "x", message: "No." });
      for (let time = 0; time < 2; time += 1) {
        await push();
        memory.parked.clear();
      }
      expect(bodies.map(isMarked)).toEqual([false, false, false, false, true, false]);
    },
  );

  it("for each client by itself, whoever else has failed meanwhile", async () => {
    const { replica, push, setup, bodies } = setUp();
    replica.append({ clientID: "poison" });
    setup.answer = () => html(502);
    await push();
    replica.append();
    await push();
    setup.answer = () => null;
    await push();
    expect(bodies.map((body) => [body.clientID, isMarked(body)])).toEqual([
      ["poison", false],
      ["tab-1", false],
      ["poison", true],
      ["tab-1", true],
    ]);
  });

  it("if one of its mutations was in the lost one, also where it turns out too large", async () => {
    const { replica, push, setup, bodies, server } = setUp();
    for (let count = 0; count < 2; count += 1) replica.append();
    setup.answer = () => html(502);
    await push();
    setup.answer = () => null;
    server.maxMutations = 1;
    await push();
    expect(bodies.map((body) => [body.mutations.length, isMarked(body)])).toEqual([
      [2, false],
      [2, true],
      [1, true],
      [1, false],
    ]);
  });

  it("and not for later mutations, once a pull has shown those that were lost", async () => {
    const { replica, push, setup, bodies, server } = setUp();
    replica.append();
    setup.answer = (body) => {
      server.handle("push", requestOf(body));
      return html(502);
    };
    await push();
    await replica.applyPull(replica.pullState(), [
      { cookie: "1", patch: [], lastMutationIDs: { "tab-1": 1 }, rejections: [], hasMore: false },
    ]);
    setup.answer = () => null;
    replica.append();
    await push();
    expect(bodies.map(isMarked)).toEqual([false, false]);
  });
});

describe("one outbox among others", () => {
  it("that is refused is parked, reported once, and tried again later (invariant 3)", async () => {
    const { replica, push, setup, sent, onParked, server, memory } = setUp();
    replica.append({ clientID: "foreign" });
    const own = replica.append();
    setup.answer = ({ clientID }) => (clientID === "foreign" ? refused() : null);
    expect(await push()).toEqual({ kind: "pushed", sent: 1, more: false });
    expect(server.effects).toEqual([own]);
    setup.now = 999;
    await push();
    expect(sent).toHaveLength(2);
    setup.now = 1000;
    await push();
    expect(sent).toHaveLength(3);
    expect(onParked).toHaveBeenCalledTimes(1);
    setup.answer = () => null;
    setup.now = 2000;
    await push();
    expect(memory.parked.size).toBe(0);
    expect(server.effects).toHaveLength(2);
  });

  it("is sent in pushes of one base each, which say it (invariant 5, resolveConflict)", async () => {
    const { replica, push, bodies } = setUp();
    for (const base of [undefined, null, "c1", "c1", "c2"]) {
      replica.append(base === undefined ? {} : { base });
    }
    expect(await push()).toEqual({ kind: "pushed", sent: 5, more: false });
    expect(bodies.map(({ base, mutations }) => [base, mutations.map(({ id }) => id)])).toEqual([
      [undefined, [1]],
      [null, [2]],
      ["c1", [3, 4]],
      ["c2", [5]],
    ]);
  });

  it("that the server chokes on goes last in the next run (invariant 4)", async () => {
    const { replica, push, setup, sent, server } = setUp();
    replica.append({ clientID: "poison" });
    const own = replica.append();
    setup.answer = ({ clientID }) => (clientID === "poison" ? busy() : null);
    expect(await push()).toMatchObject({ kind: "failed" });
    expect(sent.map(({ clientID }) => clientID)).toEqual(["poison"]);
    expect(await push()).toMatchObject({ kind: "failed" });
    expect(sent.map(({ clientID }) => clientID)).toEqual(["poison", "tab-1", "poison"]);
    expect(server.effects).toEqual([own]);
  });

  it.each([
    [401, "unauthorized"],
    [404, "persistent"],
    [429, "transient"],
    [500, "transient"],
    [503, "transient"],
  ])("ends the run if what is wrong concerns all (%i)", async (status, kind) => {
    const { replica, push, setup, sent } = setUp();
    replica.append();
    replica.append({ clientID: "other" });
    setup.answer = () => refuse(status, { code: "x", message: "No." });
    expect(await push()).toMatchObject({ kind: "failed", failure: { kind } });
    expect(sent).toHaveLength(1);
  });
});
