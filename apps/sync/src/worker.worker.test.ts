import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import worker from "./index.ts";
import { APP_ORIGIN, send } from "./test-person.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the worker", () => {
  it("says that it is well", async () => {
    const response = await send("/health");
    expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
  });

  it.each(["/", "/nothing", "/syncopation", "/demo/", "/demo/users", "/sync/nothing"])(
    "has nothing at %s",
    async (path) => {
      const response = await send(path);
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({
        code: "not-found",
        message: expect.any(String) as string,
      });
    },
  );

  it("answers a failure of its own without a word about its cause, and logs it", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue(undefined);
    const broken = {
      ...env,
      get DB(): D1Database {
        throw new Error("the secret of the database");
      },
    };
    const request = new Request("https://sync.test/health?token=private", {
      headers: { authorization: "Bearer private" },
    });
    const response = await worker.fetch(request, broken);
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      code: "internal",
      message: "Something went wrong here. Try again later.",
    });
    expect(JSON.parse(String(log.mock.lastCall?.[0]))).toMatchObject({ what: "GET /health" });
    expect(JSON.stringify(log.mock.calls)).not.toMatch(/secret|private/);
  });

  it("says in its log what is wrong with its settings, and to nobody else", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue(undefined);
    const settings = { ...env, SESSION_SECRET: "short" };
    const request = new Request("https://sync.test/health");
    const response = await worker.fetch(request, settings);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("SESSION_SECRET");
    expect(String(log.mock.lastCall?.[0])).toContain("SESSION_SECRET must have at least 32");
  });

  it("lets the app's pages call the sync endpoint, and no other site's", async () => {
    const ask = async (origin: string) =>
      send("/sync/push", {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers":
            "authorization,content-type,x-plasma-client-id,x-plasma-client-group-id",
        },
      });
    const ours = await ask(APP_ORIGIN);
    expect(ours.ok).toBe(true);
    expect(ours.headers.get("access-control-allow-origin")).toBe(APP_ORIGIN);
    const theirs = await ask("https://evil.test");
    expect(theirs.headers.get("access-control-allow-origin")).toBeNull();
  });
});
