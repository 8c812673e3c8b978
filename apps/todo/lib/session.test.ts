import { describe, expect, it } from "vitest";
import { createSession } from "./session.ts";

/** A sync server that hands out numbered tokens, and accepts those it has not revoked. */
function server() {
  let issued = 0;
  const revoked = new Set<string>();
  const signIns: unknown[] = [];
  return {
    signIns,
    revoke: (token: string) => revoked.add(`Bearer ${token}`),
    fetch: (url: string, init: RequestInit): Promise<Response> => {
      if (url.endsWith("/demo/session")) {
        signIns.push(JSON.parse(init.body as string));
        return Promise.resolve(Response.json({ token: `token-${++issued}` }));
      }
      const authorization = new Headers(init.headers).get("authorization") ?? "";
      return Promise.resolve(
        new Response(null, { status: revoked.has(authorization) ? 401 : 200 }),
      );
    },
  };
}

function storage() {
  const entries = new Map<string, string>();
  return {
    getItem: (key: string) => entries.get(key) ?? null,
    setItem: (key: string, value: string) => void entries.set(key, value),
    removeItem: (key: string) => void entries.delete(key),
  };
}

describe("a session", () => {
  it("signs in once for requests that start together", async () => {
    const { fetch, signIns } = server();
    const session = createSession("ada", { fetch, storage: storage() });
    const headers = await Promise.all([session.authHeaders(), session.authHeaders()]);
    expect(headers).toEqual([
      { authorization: "Bearer token-1" },
      { authorization: "Bearer token-1" },
    ]);
    expect(signIns).toEqual([{ account: "ada" }]);
  });

  it("starts without a network when the window has a token", async () => {
    const kept = storage();
    await createSession("ada", { ...server(), storage: kept }).authHeaders();
    const fetch = () => Promise.reject(new TypeError("Failed to fetch"));
    const session = createSession("ada", { fetch, storage: kept });
    await expect(session.authHeaders()).resolves.toEqual({ authorization: "Bearer token-1" });
  });

  it("keeps the tokens of two people apart", async () => {
    const { fetch } = server();
    const kept = storage();
    const ada = await createSession("ada", { fetch, storage: kept }).authHeaders();
    const grace = await createSession("grace", { fetch, storage: kept }).authHeaders();
    expect(ada).not.toEqual(grace);
  });

  it("gives a new token after a 401, and keeps a newer one when an older request is refused late", async () => {
    const { fetch, revoke, signIns } = server();
    const session = createSession("ada", { fetch, storage: storage() });
    const old = await session.authHeaders();
    revoke("token-1");
    await session.fetcher("https://sync.example/pull", { headers: old });
    await expect(session.authHeaders()).resolves.toEqual({ authorization: "Bearer token-2" });
    await session.fetcher("https://sync.example/pull", { headers: old });
    await expect(session.authHeaders()).resolves.toEqual({ authorization: "Bearer token-2" });
    expect(signIns).toHaveLength(2);
  });

  it("keeps its token when a request fails for another reason", async () => {
    const { signIns, fetch } = server();
    const failing = (url: string, init: RequestInit) =>
      url.endsWith("/demo/session")
        ? fetch(url, init)
        : Promise.resolve(new Response(null, { status: 503 }));
    const session = createSession("ada", { fetch: failing, storage: storage() });
    await session.fetcher("https://sync.example/pull", { headers: await session.authHeaders() });
    await session.authHeaders();
    expect(signIns).toHaveLength(1);
  });

  it("tries again after a sign-in that failed", async () => {
    const { fetch } = server();
    let isDown = true;
    const flaky = (url: string, init: RequestInit) =>
      isDown ? Promise.resolve(new Response(null, { status: 503 })) : fetch(url, init);
    const session = createSession("ada", { fetch: flaky, storage: storage() });
    await expect(session.authHeaders()).rejects.toThrow("503");
    isDown = false;
    await expect(session.authHeaders()).resolves.toEqual({ authorization: "Bearer token-1" });
  });
});
