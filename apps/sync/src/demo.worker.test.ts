import { demoPeople } from "@plasma-starter/todo-domain";
import { CLIENT_GROUP_ID_HEADER, CLIENT_ID_HEADER } from "@sh1n4ps/plasma-core";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import worker from "./index.ts";
import { APP_ORIGIN, postJson, readJson, send, signIn } from "./test-person.ts";

describe("a demo session", () => {
  it("is given to a demo person, with who they are", async () => {
    const session = await readJson(await postJson("/demo/session", { account: "grace" }));
    expect(session).toEqual({
      token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string,
      person: demoPeople[1],
    });
  });

  it.each(["mallory", "", "Ada", "__proto__", "ada "])("is not given to %j", async (account) => {
    const response = await postJson("/demo/session", { account });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: "unknown-account" });
  });

  it.each([
    { what: "null", body: null },
    { what: "a list", body: ["ada"] },
    { what: "nothing", body: {} },
    { what: "text", body: "ada" },
    { what: "a number", body: { account: 1 } },
    { what: "more than a name can be", body: { account: "x".repeat(2_000) } },
  ])("is not given for anything but an account: $what", async ({ body }) => {
    const response = await postJson("/demo/session", body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "invalid-request" });
  });

  it("is not given for a body that is no JSON, or for another method", async () => {
    expect((await send("/demo/session", { method: "POST", body: "{" })).status).toBe(400);
    expect((await send("/demo/session")).status).toBe(405);
    expect((await send("/demo/seed")).status).toBe(405);
  });

  it("opens the sync endpoint, and without one it stays shut", async () => {
    const ada = await signIn("ada");
    expect((await ada.post("/sync/pull", ada.pullRequest())).status).toBe(200);
    for (const authorization of ["", "Bearer a.b.c"]) {
      const stranger = await send("/sync/pull", {
        method: "POST",
        headers: {
          "content-type": "application/json",
          [CLIENT_ID_HEADER]: ada.clientID,
          [CLIENT_GROUP_ID_HEADER]: "ada",
          authorization,
        },
        body: JSON.stringify(ada.pullRequest()),
      });
      expect(stranger.status).toBe(401);
      expect(await stranger.json()).toMatchObject({ code: "unauthorized" });
    }
  });

  it("does not make anybody else of the person who holds it", async () => {
    const ada = await signIn("ada");
    const asGrace = { ...ada.pullRequest(), clientGroupID: "grace" };
    expect((await ada.post("/sync/pull", asGrace)).status).toBe(400);
  });
});

describe("the demo's endpoints", () => {
  it.each(["/demo/session", "/demo/seed"])("do not exist unless DEMO says so: %s", async (path) => {
    for (const DEMO of ["false", "", "1"]) {
      const request = new Request(`https://sync.test${path}`, {
        method: "POST",
        body: JSON.stringify({ account: "ada" }),
      });
      const response = await worker.fetch(request, { ...env, DEMO });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: "not-found" });
    }
  });

  it("may be called by the app's pages, and not be read by others", async () => {
    for (const [origin, allowed] of [
      [APP_ORIGIN, APP_ORIGIN],
      ["https://evil.test", null],
      ["null", null],
    ] as const) {
      for (const method of ["OPTIONS", "POST"]) {
        const response = await send("/demo/session", {
          method,
          headers: { origin, "content-type": "application/json" },
          ...(method === "POST" && { body: '{"account":"ada"}' }),
        });
        expect(response.headers.get("access-control-allow-origin")).toBe(allowed);
        expect(response.headers.get("vary")).toContain("origin");
        await response.body?.cancel();
      }
    }
  });
});
