import Database from "better-sqlite3";
import { beforeEach, describe, expect, it } from "vitest";
import { ORIGIN, createWorld } from "./contract/world.ts";
import type { World } from "./contract/world.ts";
import type { SocketIdentity } from "./options.ts";
import type { SyncServerMetric } from "./metrics.ts";
import type { RateLimitedCall } from "./rate-limits.ts";
import { runtimePlatform } from "./platform.ts";
import { fromBetterSqlite3 } from "./sql/better-sqlite3.ts";

const APP = "https://app.example";
const EVIL = "https://app.example.evil.example";

let world: World;
let now: number;
let sessionEnd: number | undefined;
const connected: SocketIdentity[] = [];

beforeEach(() => {
  now = 1_000_000;
  connected.length = 0;
  sessionEnd = undefined;
  world = createWorld(fromBetterSqlite3(new Database(":memory:")), {
    auth: ({ headers }) => {
      const userId = /^Bearer (\w+)$/.exec(headers.get("authorization") ?? "")?.[1];
      if (userId === undefined) return { ok: false, reason: "no token" };
      return {
        ok: true,
        clientGroupID: userId,
        clientID: headers.get("x-plasma-client-id") ?? "",
        ctx: { userId },
        ...(sessionEnd !== undefined && { expiresAt: sessionEnd }),
      };
    },
    allowedOrigins: [APP],
    maxPayloadBytes: 10_000,
    maxMutationsPerPush: 3,
    acceptSchemaVersions: ["0"],
    platform: { ...runtimePlatform(), clock: { now: () => now } },
    sockets: {
      connect: async (_request, identity) => {
        connected.push(identity);
        return new Response("connected");
      },
    },
  });
});

const HEADERS = {
  "content-type": "application/json",
  authorization: "Bearer ada",
  "x-plasma-client-id": "ada-tab",
  "x-plasma-client-group-id": "ada",
};

const post = (path: string, body: unknown, headers: Record<string, string | undefined> = {}) =>
  world.handler(
    new Request(`${ORIGIN}/sync/${path}`, {
      method: "POST",
      headers: Object.fromEntries(
        Object.entries({ ...HEADERS, ...headers }).filter(([, value]) => value !== undefined),
      ) as Record<string, string>,
      body: typeof body === "string" ? body : JSON.stringify(body),
    }),
  );
const pullBody = () => world.client("ada").pullBody();

async function expectRefusal(response: Response, status: number, code: string): Promise<void> {
  const body = (await response.json()) as Record<string, unknown>;
  expect({ status: response.status, code: body["code"] }).toEqual({ status, code });
  expect(typeof body["message"]).toBe("string");
  expect(Object.keys(body).every((key) => ["code", "message", "details"].includes(key))).toBe(true);
  expect(JSON.stringify(body).length).toBeLessThan(512);
  expect(JSON.stringify(body)).not.toMatch(/sqlite|SELECT|_plasma_|\bat .*\.ts/i);
}

describe("every answer", () => {
  it("is kept by no cache and sniffed by no browser", async () => {
    for (const response of [
      await post("pull", pullBody()),
      await post("pull", "{"),
      await post("nope", {}),
      await world.handler(new Request(`${ORIGIN}/sync/pull`)),
    ]) {
      expect(response.headers.get("cache-control")).toBe("no-store, private");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("vary")).toContain("Origin");
    }
  });
});

describe("requests that are refused before anything runs", () => {
  it("other paths and methods", async () => {
    await expectRefusal(await post("nope", {}), 404, "not-found");
    await expectRefusal(
      await world.handler(new Request(`${ORIGIN}/synchronize/pull`, { method: "POST" })),
      404,
      "not-found",
    );
    const get = await world.handler(new Request(`${ORIGIN}/sync/pull`, { headers: HEADERS }));
    expect(get.headers.get("allow")).toBe("POST, OPTIONS");
    await expectRefusal(get, 405, "method-not-allowed");
  });

  it("what a foreign page's form could send", async () => {
    await expectRefusal(
      await post("pull", pullBody(), { "content-type": "text/plain" }),
      400,
      "malformed",
    );
    await expectRefusal(
      await post("pull", pullBody(), { "content-type": "application/json-seq" }),
      400,
      "malformed",
    );
    await expectRefusal(
      await post("pull", pullBody(), { "x-plasma-client-id": undefined }),
      400,
      "malformed",
    );
    await expectRefusal(
      await post("pull", pullBody(), { "x-plasma-client-group-id": undefined }),
      400,
      "malformed",
    );
    await expectRefusal(
      await post("pull", pullBody(), { "content-encoding": "gzip" }),
      400,
      "malformed",
    );
    expect(
      (await post("pull", pullBody(), { "content-type": "Application/JSON; charset=utf-8" }))
        .status,
    ).toBe(200);
  });

  it("people who are not signed in, who learn no more than that", async () => {
    const response = await post("pull", pullBody(), { authorization: undefined });
    await expectRefusal(response, 401, "unauthorized");
    expect(world.errors.find((error) => error.kind === "unauthorized")?.cause).toMatchObject({
      cause: "no token",
    });
  });

  it("bodies that are too large, counted as they come", async () => {
    await expectRefusal(
      await post("pull", JSON.stringify({ ...pullBody(), padding: "x".repeat(10_000) })),
      413,
      "too-large",
    );
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(" ".repeat(4096))),
    });
    const request = new Request(`${ORIGIN}/sync/pull`, {
      method: "POST",
      headers: HEADERS,
      body: endless,
      duplex: "half",
    } as RequestInit);
    await expectRefusal(await world.handler(request), 413, "too-large");
  });

  it("bodies that break off, which is nobody's failure but the connection's", async () => {
    let sent = false;
    const lost = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (sent) return controller.error(new Error("reset by peer"));
        sent = true;
        controller.enqueue(new TextEncoder().encode('{"protocolVersion":'));
      },
    });
    const request = new Request(`${ORIGIN}/sync/pull`, {
      method: "POST",
      headers: HEADERS,
      body: lost,
      duplex: "half",
    } as RequestInit);
    await expectRefusal(await world.handler(request), 400, "incomplete");
    expect(world.errors.map(({ kind }) => kind)).not.toContain("internal");
  });

  it("a ticket for a client whose id no push or pull could bear", async () => {
    const headers = { "x-plasma-client-id": "x".repeat(201) };
    await expectRefusal(await post("ticket", {}, headers), 400, "malformed");
    expect((await post("ticket", {}, { "x-plasma-client-id": "x".repeat(200) })).status).toBe(200);
  });

  it("bodies that are no JSON, or deeper than anyone could walk", async () => {
    for (const body of ["", "{", "[1", "nul", "\ud800", '{"a":1}x'])
      await expectRefusal(await post("pull", body), 400, "malformed");
    await expectRefusal(await post("push", "[".repeat(4000) + "]".repeat(4000)), 400, "malformed");
    await expectRefusal(
      await post("push", `${'{"a":'.repeat(1500)}1${"}".repeat(1500)}`),
      400,
      "malformed",
    );
    const invalidUtf8 = new Request(`${ORIGIN}/sync/pull`, {
      method: "POST",
      headers: HEADERS,
      body: new Uint8Array([0x22, 0xff, 0x22]),
    });
    await expectRefusal(await world.handler(invalidUtf8), 400, "malformed");
  });

  it("a pull with any field missing or of another kind", async () => {
    const good = pullBody();
    for (const field of Object.keys(good)) {
      for (const value of [
        undefined,
        -1,
        1.5,
        [],
        {},
        true,
        "",
        "\0",
        Number.MAX_SAFE_INTEGER + 1,
      ]) {
        if (field === "cookie" && (value === "" || value === "\0")) continue;
        if (field === "clients" && Array.isArray(value)) continue;
        const response = await post("pull", { ...good, [field]: value });
        expect([400, 409]).toContain(response.status);
      }
    }
    for (const clients of [
      [null],
      [{}],
      [{ clientID: "a" }],
      [{ clientID: 1, confirmed: 0 }],
      Array(201).fill({ clientID: "a", confirmed: 0 }),
    ]) {
      await expectRefusal(await post("pull", { ...good, clients }), 400, "malformed");
    }
    for (const limit of [0, -1, 1.5, "1", null])
      await expectRefusal(await post("pull", { ...good, limit }), 400, "malformed");
    for (const body of [null, [], 1, "text"])
      await expectRefusal(await post("pull", JSON.stringify(body)), 400, "malformed");
  });

  it("a push with any mutation out of shape", async () => {
    const ada = world.client("ada");
    const mutation = ada.mutation("takeShare", { id: "s", amount: 1 });
    const bad: unknown[] = [
      null,
      [],
      { ...mutation, id: 0 },
      { ...mutation, id: "1" },
      { ...mutation, id: 1.5 },
      { ...mutation, id: 2 ** 53 },
      { ...mutation, uid: "short" },
      { ...mutation, uid: "x".repeat(65) },
      { ...mutation, uid: "with space" },
      { ...mutation, name: "" },
      { ...mutation, name: "x".repeat(101) },
      { ...mutation, timestamp: "now" },
      { id: 1, uid: mutation.uid, name: "takeShare", timestamp: 0 },
    ];
    for (const one of bad)
      await expectRefusal(await post("push", ada.pushBody([one as never])), 400, "malformed");
    await expectRefusal(await post("push", ada.pushBody([])), 400, "malformed");
    const second = { ...ada.mutation("takeShare", {}), id: 3 };
    await expectRefusal(await post("push", ada.pushBody([mutation, second])), 400, "malformed");
    await expectRefusal(
      await post("push", ada.pushBody([mutation, { ...mutation, id: 2 }])),
      400,
      "malformed",
    );
    const many = Array.from({ length: 4 }, (_, at) => ({
      ...ada.mutation("takeShare", {}),
      id: at + 1,
    }));
    await expectRefusal(await post("push", ada.pushBody(many)), 413, "too-many-mutations");
  });

  it("another protocol or schema, unless it is one that still fits", async () => {
    await expectRefusal(
      await post("pull", { ...pullBody(), protocolVersion: 2 }),
      409,
      "protocol-mismatch",
    );
    await expectRefusal(
      await post("pull", { ...pullBody(), schemaVersion: "2" }),
      409,
      "schema-mismatch",
    );
    expect((await post("pull", { ...pullBody(), schemaVersion: "0" })).status).toBe(200);
    expect(world.errors.map((error) => error.kind)).toEqual(
      expect.arrayContaining(["protocol-mismatch", "schema-mismatch"]),
    );
  });
});

describe("random bodies", () => {
  it("are answered with 4xx and nothing of the database", async () => {
    const pieces = [
      "{",
      "}",
      "[",
      "]",
      '"',
      ":",
      ",",
      "1",
      "-",
      "null",
      "\\u0000",
      "\ud800",
      "mutations",
      '"cookie"',
      "c1:",
      "\0",
      " ",
      "é",
    ];
    let state = 42;
    const next = (below: number) => (state = (state * 48271) % 2147483647) % below;
    for (let at = 0; at < 1000; at++) {
      const whole = JSON.stringify(
        at % 2
          ? pullBody()
          : world
              .client("ada")
              .pushBody([world.client("ada").mutation("takeShare", { id: "s", amount: 1 })]),
      );
      const cut = next(whole.length);
      const body = whole.slice(0, cut) + pieces[next(pieces.length)] + whole.slice(cut + next(3));
      const response = await post(["push", "pull", "ticket"][next(3)]!, body);
      expect(response.status).toBeLessThan(500);
      const text = await response.text();
      if (response.status !== 200) expect(text).toMatch(/^\{"code":"[a-z-]+","message":/);
    }
  });
});

describe("pages of other sites", () => {
  const preflight = (origin: string) =>
    world.handler(
      new Request(`${ORIGIN}/sync/push`, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers":
            "authorization,content-type,x-plasma-client-id,x-tenant",
        },
      }),
    );

  it("may call from the origins that are listed, exactly", async () => {
    const allowed = await preflight(APP);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("access-control-allow-origin")).toBe(APP);
    expect(allowed.headers.get("access-control-allow-headers")).toContain("x-tenant");
    expect(allowed.headers.get("access-control-allow-credentials")).toBe(null);
    for (const origin of [
      EVIL,
      "http://app.example",
      "https://app.example:444",
      "null",
      "https://APP.example",
    ]) {
      expect((await preflight(origin)).headers.get("access-control-allow-origin")).toBe(null);
      const response = await post("pull", pullBody(), { origin });
      expect(response.headers.get("access-control-allow-origin")).toBe(null);
      await expectRefusal(response, 403, "origin-not-allowed");
    }
  });

  it("may read the answers, refusals included", async () => {
    for (const response of [
      await post("pull", pullBody(), { origin: APP }),
      await post("pull", "{", { origin: APP }),
    ]) {
      expect(response.headers.get("access-control-allow-origin")).toBe(APP);
    }
  });

  it("are not asked about when it is the own site, with TLS before a proxy or without", async () => {
    expect((await post("pull", pullBody(), { origin: ORIGIN })).status).toBe(200);
    expect(
      (await post("pull", pullBody(), { origin: ORIGIN.replace("https", "http") })).status,
    ).toBe(200);
  });
});

describe("sockets", () => {
  const ticket = async (body: unknown = {}, headers: Record<string, string> = {}) => {
    const response = await post("ticket", body, headers);
    return { response, ...((await response.clone().json()) as { ticket: string; room: string }) };
  };
  const open = (options: { ticket?: string; room?: string; headers?: Record<string, string> }) =>
    world.handler(
      new Request(`${ORIGIN}/sync/coordinator?room=${encodeURIComponent(options.room ?? "ada")}`, {
        headers: {
          upgrade: "websocket",
          origin: APP,
          "sec-websocket-protocol": `plasma.v1, plasma.ticket.${options.ticket ?? ""}`,
          ...options.headers,
        },
      }),
    );

  it("open once with a ticket, as whoever it was issued to", async () => {
    const issued = await ticket();
    expect(issued.room).toBe("ada");
    expect((await open(issued)).status).toBe(200);
    expect(connected).toEqual([
      { room: "ada", clientID: "ada-tab", clientGroupID: "ada", principal: "ada" },
    ]);
    await expectRefusal(await open(issued), 403, "forbidden");
    expect(connected).toHaveLength(1);
  });

  it("know when the session ends, and no ticket outlives it", async () => {
    sessionEnd = now + 5_000;
    const [used, late] = [await ticket(), await ticket()];
    expect((await open(used)).status).toBe(200);
    expect(connected).toMatchObject([{ principal: "ada", expiresAt: now + 5_000 }]);
    now += 5_000;
    await expectRefusal(await open(late), 403, "forbidden");
  });

  it("open for one of many who try with the same ticket at once", async () => {
    const issued = await ticket();
    const answers = await Promise.all(Array.from({ length: 10 }, () => open(issued)));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
  });

  it("are refused in one and the same way, whatever the reason", async () => {
    const late = await ticket();
    now += 30_000;
    const bodies: string[] = [];
    const refused = [
      await open(late),
      await open({}),
      await open({ ticket: "A".repeat(43) }),
      await open({ ...(await ticket()), room: "bob" }),
      await open({ ...(await ticket()), headers: { origin: EVIL } }),
      await open({ ...(await ticket()), headers: { origin: "null" } }),
      await open({ ...(await ticket()), headers: { upgrade: "h2c" } }),
      await post("ticket", { room: "bob" }),
    ];
    for (const response of refused) {
      expect(response.status).toBe(403);
      bodies.push(await response.text());
    }
    expect(new Set(bodies)).toEqual(
      new Set(['{"code":"forbidden","message":"This room cannot be entered."}']),
    );
    expect(connected).toEqual([]);
  });

  it("a ticket that was tried for another room is spent", async () => {
    const issued = await ticket();
    await open({ ...issued, room: "bob" });
    await expectRefusal(await open(issued), 403, "forbidden");
  });

  it("tickets are not in the database, and old ones go", async () => {
    const issued = await ticket();
    const rows = async () =>
      world.executor.all({ text: "SELECT * FROM _plasma_tickets", params: [] });
    expect(JSON.stringify(await rows())).not.toContain(issued.ticket);
    now += 60_000;
    await ticket();
    expect(await rows()).toHaveLength(1);
  });

  it("rooms are the app's to open", async () => {
    const asked: unknown[] = [];
    const shared = world.another({
      authorizeRoom: (ctx, room, identity) => {
        asked.push([ctx, room, identity.clientGroupID]);
        return room === "list:1";
      },
    });
    const call = (room: string) =>
      shared.call("ticket", { userId: "ada", clientID: "ada-tab", body: { room } });
    expect((await call("list:1")).status).toBe(200);
    await expectRefusal(await call("list:2"), 403, "forbidden");
    expect(asked[0]).toEqual([{ userId: "ada" }, "list:1", "ada"]);
  });

  it("are refused where there are none", async () => {
    const bare = createWorld(fromBetterSqlite3(new Database(":memory:")));
    const response = await bare.handler(
      new Request(`${ORIGIN}/sync/coordinator?room=ada`, { headers: { upgrade: "websocket" } }),
    );
    await expectRefusal(response, 403, "forbidden");
  });
});

describe("the app", () => {
  it("is warned once of tables that everybody may use", async () => {
    await post("pull", pullBody());
    await post("pull", pullBody());
    const warnings = world.errors.filter((error) => error.kind === "tables-without-rules");
    expect(warnings).toHaveLength(1);
    expect(warnings[0]!.details).toEqual({
      read: ["things", "shares"],
      write: ["things", "shares"],
    });
  });

  it("is told of pushes after the answer when the runtime can wait for it", async () => {
    const waiting: Promise<unknown>[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    let done = false;
    const patient = world.another({
      waitUntil: (promise) => waiting.push(promise),
      onPushed: async () => {
        await held;
        done = true;
      },
    });
    await patient.client("ada").mutate("takeShare", { id: "s", amount: 1 });
    expect({ waiting: waiting.length, done }).toEqual({ waiting: 1, done: false });
    release();
    await Promise.all(waiting);
    expect(done).toBe(true);
  });

  it("may have a log that fails", async () => {
    const shaky = world.another({
      onError: () => {
        throw new Error("log is full");
      },
    });
    const ada = shaky.client("ada");
    const response = await ada.send("push", ada.pushBody([ada.mutation("crash", {})]));
    expect(response.status).toBe(503);
  });

  it("may live below another path", async () => {
    const elsewhere = world.another({ basePath: "/api/v1/sync/" });
    const call = (path: string) =>
      elsewhere.handler(
        new Request(`${ORIGIN}${path}`, {
          method: "POST",
          headers: HEADERS,
          body: JSON.stringify(pullBody()),
        }),
      );
    expect((await call("/api/v1/sync/pull")).status).toBe(200);
    expect((await call("/sync/pull")).status).toBe(404);
  });

  it("whose auth fails is told, and the client is not", async () => {
    const broken = world.another({
      auth: () => {
        throw new Error("key server down at 10.0.0.1");
      },
    });
    const response = await broken.client("ada").send("pull", pullBody());
    await expectRefusal(response, 500, "internal");
    expect((broken.errors.at(-1)!.cause as Error).message).toContain("key server");
  });
});

describe("what the app is told of each request", () => {
  it("is how long it took, and what it did or why it was refused", async () => {
    const metrics: SyncServerMetric[] = [];
    const measured = world.another({
      onMetric: (metric) => {
        metrics.push(metric);
        throw new Error("Statistics are down.");
      },
      platform: { ...runtimePlatform(), clock: { now: () => (now += 5) } },
    });
    const ada = measured.client("ada", "ada-metrics");
    await ada.push([
      ada.mutation("createSharedList", { id: "m", name: "List", userIds: ["ada"] }),
      ada.mutation("addTodo", { id: "mt", listId: "nowhere", title: "one" }),
    ]);
    await ada.pull();
    await ada.pull();
    await measured.call("nowhere", { userId: "ada", clientID: "ada-metrics", body: {} });
    expect(metrics.map(({ durationMs, ...metric }) => metric)).toEqual([
      {
        endpoint: "push",
        status: 200,
        code: null,
        push: { mutations: 2, ok: 1, refused: 1 },
      },
      {
        endpoint: "pull",
        status: 200,
        code: null,
        pull: { rows: 2, removed: 0, isSnapshot: true, hasMore: false },
      },
      {
        endpoint: "pull",
        status: 200,
        code: null,
        pull: { rows: 0, removed: 0, isSnapshot: false, hasMore: false },
      },
      { endpoint: null, status: 404, code: "not-found" },
    ]);
    expect(metrics.every(({ durationMs }) => durationMs > 0)).toBe(true);
  });
});

describe("a person who asks too often", () => {
  it("is told how long to wait, and nobody else is", async () => {
    const asked: RateLimitedCall[] = [];
    const limited = world.another({
      rateLimit: async (call) => {
        asked.push(call);
        return call.principal === "ada" ? 1_200 : null;
      },
    });
    const body = limited.client("ada").pullBody();
    const refused = await limited.call("pull", { userId: "ada", clientID: "ada-tab", body });
    expect(refused.headers.get("retry-after")).toBe("2");
    await expectRefusal(refused, 429, "rate-limited");
    await limited.client("grace").pull();
    expect(asked).toEqual([
      { endpoint: "pull", principal: "ada" },
      { endpoint: "pull", principal: "grace" },
    ]);
  });
});
