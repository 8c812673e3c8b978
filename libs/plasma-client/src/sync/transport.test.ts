import { describe, expect, it } from "vitest";
import type { Fetcher } from "../platform.ts";
import { refuse } from "./testing/memory-server.ts";
import { virtualPlatform } from "./testing/virtual-platform.ts";
import { createTransport, MAX_RETRY_AFTER_MS } from "./transport.ts";
import type { TransportOptions } from "./transport.ts";

const pulled = { cookie: "1:", patch: [], lastMutationIDs: {}, rejections: [], hasMore: false };

function setUp(fetch: Fetcher, options: Partial<TransportOptions> = {}) {
  const calls: { url: string; init: RequestInit }[] = [];
  const platform = virtualPlatform({
    fetch: (url, init) => {
      calls.push({ url, init });
      return fetch(url, init);
    },
  });
  const transport = createTransport({
    endpoint: "https://sync.test/sync",
    clientGroupID: "person",
    schemaVersion: "7",
    platform,
    ...options,
  });
  const pull = (signal?: AbortSignal) =>
    transport.pull({ clientID: "tab-1", cookie: null, clients: [], limit: 10 }, signal);
  return { transport, platform, calls, pull };
}

const never: Fetcher = () => new Promise(() => undefined);

describe("a request", () => {
  it("is a post with the handshake, under the endpoint with or without a slash at its end", async () => {
    for (const endpoint of ["https://sync.test/sync", "https://sync.test/sync/"]) {
      const { calls, pull } = setUp(async () => Response.json(pulled), { endpoint });
      expect(await pull()).toEqual({ kind: "ok", value: pulled, bytes: expect.any(Number) });
      expect(calls[0]?.url).toBe("https://sync.test/sync/pull");
      expect(calls[0]?.init).toMatchObject({ method: "POST", cache: "no-store" });
      expect(JSON.parse(String(calls[0]?.init.body))).toEqual({
        protocolVersion: 1,
        schemaVersion: "7",
        clientGroupID: "person",
        clientID: "tab-1",
        cookie: null,
        clients: [],
        limit: 10,
      });
    }
  });

  it("cannot be given another identity by authHeaders", async () => {
    const { calls, pull } = setUp(async () => Response.json(pulled), {
      authHeaders: () => ({ "x-plasma-client-id": "other", authorization: "Bearer me" }),
    });
    await pull();
    const headers = new Headers(calls[0]?.init.headers);
    expect(headers.get("x-plasma-client-id")).toBe("tab-1");
    expect(headers.get("authorization")).toBe("Bearer me");
  });

  it("goes through the app's own fetcher if there is one", async () => {
    const { calls, pull } = setUp(never, { fetcher: async () => Response.json(pulled) });
    expect((await pull()).kind).toBe("ok");
    expect(calls).toEqual([]);
  });

  it("asks for a ticket, for a room if one is named", async () => {
    const { calls, transport } = setUp(async () => Response.json({ ticket: "t", room: "list" }));
    const answer = await transport.ticket({ clientID: "tab-1", room: "list" });
    expect(answer).toMatchObject({ kind: "ok", value: { ticket: "t", room: "list" } });
    await transport.ticket({ clientID: "tab-1" });
    expect(calls.map(({ init }) => init.body)).toEqual(['{"room":"list"}', "{}"]);
  });
});

describe("whatever happens is a result", () => {
  it("when there is no line", async () => {
    const cause = new TypeError("Failed to fetch");
    const { pull, platform } = setUp(() => Promise.reject(cause));
    expect(await pull()).toEqual({ kind: "network", cause });
    expect(platform.pendingTimers()).toBe(0);
  });

  it("when fetch throws, and when authHeaders does", async () => {
    const throwing = setUp(() => {
      throw new Error("A bug of the app.");
    });
    expect((await throwing.pull()).kind).toBe("network");
    const { pull, calls } = setUp(never, { authHeaders: () => Promise.reject(new Error("No.")) });
    expect((await pull()).kind).toBe("network");
    expect(calls).toEqual([]);
  });

  it("when the answer breaks off", async () => {
    const broken = new ReadableStream({ start: (stream) => stream.error(new Error("Reset")) });
    expect((await setUp(async () => new Response(broken)).pull()).kind).toBe("network");
  });

  it("when the answer is no JSON, or not what the protocol says", async () => {
    expect((await setUp(async () => new Response("<html>")).pull()).kind).toBe("malformed");
    expect((await setUp(async () => Response.json({ cookie: 1 })).pull()).kind).toBe("malformed");
  });

  it("when nothing comes: after the timeout, although fetch does not listen", async () => {
    const { pull, platform, calls } = setUp(never, { requestTimeoutMs: 1000 });
    const result = pull();
    await platform.advance(1000);
    expect((await result).kind).toBe("network");
    expect(calls[0]?.init.signal?.aborted).toBe(true);
    expect(platform.pendingTimers()).toBe(0);
  });

  it("when it is aborted, before or during", async () => {
    const { pull, platform, calls } = setUp(never);
    expect(await pull(AbortSignal.abort())).toEqual({ kind: "aborted" });
    expect(calls).toEqual([]);
    const controller = new AbortController();
    const result = pull(controller.signal);
    await platform.settle();
    controller.abort();
    expect(await result).toEqual({ kind: "aborted" });
    expect(calls[0]?.init.signal?.aborted).toBe(true);
    expect(platform.pendingTimers()).toBe(0);
  });
});

describe("a refusal", () => {
  it("brings the server's own words", async () => {
    const body = { code: "gap", message: "One is missing.", details: { expected: 3 } };
    expect(await setUp(async () => refuse(409, body)).pull()).toEqual({
      kind: "http-error",
      status: 409,
      ...body,
      retryAfterMs: null,
      isServers: true,
    });
  });

  it("of something in between has a code all the same", async () => {
    const gateway = async () => new Response("<h1>Bad Gateway</h1>", { status: 502 });
    const said = { status: 502, code: "http-502", isServers: false };
    expect(await setUp(gateway).pull()).toMatchObject(said);
  });

  it.each([502, 504])(
    "of a gateway (%i) is not the server's, in whatever words",
    async (status) => {
      const gateway = async () => refuse(status, { code: "upstream", message: "It is gone." });
      expect(await setUp(gateway).pull()).toMatchObject({ code: "upstream", isServers: false });
    },
  );

  it.each([
    ["20", 20_000],
    ["0", 0],
    ["soon", null],
    ["-5", null],
    ["99999999999", MAX_RETRY_AFTER_MS],
    ["Mon, 01 Jan 2001 00:00:00 GMT", 0],
  ])("with Retry-After %s waits %s ms", async (header, expected) => {
    const body = { code: "busy", message: "Later." };
    const { pull } = setUp(async () => refuse(503, body, { "retry-after": header }));
    expect(await pull()).toMatchObject({ retryAfterMs: expected });
  });

  it("with a date waits until then", async () => {
    const { pull, platform } = setUp(async () =>
      refuse(
        503,
        { code: "busy", message: "Later." },
        { "retry-after": new Date(platform.clock.now() + 60_000).toUTCString() },
      ),
    );
    expect(await pull()).toMatchObject({ retryAfterMs: 60_000 });
  });
});

describe("the headers", () => {
  it("have changed when they differ from those of the last request", async () => {
    let headers: Record<string, string> = { authorization: "a" };
    const { transport, pull } = setUp(async () => Response.json(pulled), {
      authHeaders: () => headers,
    });
    expect(await transport.headersChanged()).toBe(true);
    await pull();
    expect(await transport.headersChanged()).toBe(false);
    headers = { authorization: "b" };
    expect(await transport.headersChanged()).toBe(true);
    headers = { authorization: "a", "x-more": "1" };
    expect(await transport.headersChanged()).toBe(true);
  });

  it("have not changed when they cannot be asked for", async () => {
    const { transport } = setUp(never, { authHeaders: () => Promise.reject(new Error("No.")) });
    expect(await transport.headersChanged()).toBe(false);
  });
});
