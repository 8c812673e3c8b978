import { CLIENT_ID_HEADER } from "@sh1n4ps/plasma-core";
import { base64url, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { authenticate, createSessions } from "./auth.ts";

const secret = "a-secret-that-only-the-tests-know";
const start = Date.UTC(2026, 3, 1);
const DAY = 24 * 60 * 60 * 1000;

function sessionsAt(time: number, key = secret) {
  return createSessions({ secret: key, now: () => time });
}

function requestWith(token: string): Request {
  return new Request("https://sync.test/", { headers: { authorization: `Bearer ${token}` } });
}

async function signed(claims: Record<string, unknown>, key = secret, alg = "HS256") {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(key));
}

const claims = {
  sub: "ada",
  iss: "plasma-demo",
  aud: "plasma-sync",
  exp: start / 1000 + 60,
};

describe("a session", () => {
  it("says whose request it is", async () => {
    const sessions = sessionsAt(start);
    expect(await sessions.personOf(requestWith(await sessions.issue("ada")))).toBe("ada");
    expect(await sessions.personOf(requestWith(await signed(claims)))).toBe("ada");
  });

  it("lasts 30 days and not longer", async () => {
    const token = await sessionsAt(start).issue("ada");
    expect(await sessionsAt(start + 30 * DAY - 1000).personOf(requestWith(token))).toBe("ada");
    expect(await sessionsAt(start + 30 * DAY).personOf(requestWith(token))).toBeUndefined();
  });

  it("is worth nothing under another secret", async () => {
    const token = await sessionsAt(start, `${secret}, or so they say`).issue("ada");
    expect(await sessionsAt(start).personOf(requestWith(token))).toBeUndefined();
  });

  it.each([
    ["another issuer", { ...claims, iss: "somebody" }],
    ["another audience", { ...claims, aud: "somewhere" }],
    ["no expiry", { ...claims, exp: undefined }],
    ["no person", { ...claims, sub: undefined }],
    ["an empty person", { ...claims, sub: "" }],
  ])("is refused with %s", async (_, altered) => {
    const token = await signed(JSON.parse(JSON.stringify(altered)) as typeof claims);
    expect(await sessionsAt(start).personOf(requestWith(token))).toBeUndefined();
  });

  it("is refused with another algorithm, or with none", async () => {
    const key = "x".repeat(64);
    const token = await signed(claims, key, "HS512");
    expect(await sessionsAt(start, key).personOf(requestWith(token))).toBeUndefined();
    const part = (value: unknown) => base64url.encode(JSON.stringify(value));
    const unsigned = `${part({ alg: "none" })}.${part(claims)}.`;
    expect(await sessionsAt(start).personOf(requestWith(unsigned))).toBeUndefined();
  });

  it.each(["", "Bearer", "Bearer ", "Bearer nonsense", "Basic YWRhOmFkYQ==", "Bearer a.b.c"])(
    "is refused as %j",
    async (authorization) => {
      const request = new Request("https://sync.test/", { headers: { authorization } });
      expect(await sessionsAt(start).personOf(request)).toBeUndefined();
    },
  );

  it("is not looked for in the address", async () => {
    const sessions = sessionsAt(start);
    const request = new Request(`https://sync.test/?token=${await sessions.issue("ada")}`);
    expect(await sessions.personOf(request)).toBeUndefined();
  });
});

describe("authentication", () => {
  it("gives the person as group, principal and context, and the client id of the request", async () => {
    const sessions = sessionsAt(start);
    const request = requestWith(await sessions.issue("ada"));
    request.headers.set(CLIENT_ID_HEADER, "tab-1");
    expect(await authenticate(sessions)(request)).toEqual({
      ok: true,
      clientGroupID: "ada",
      principal: "ada",
      clientID: "tab-1",
      ctx: { userId: "ada" },
      expiresAt: start + 30 * DAY,
    });
  });

  it("fails without a session, whoever the request says it is", async () => {
    const request = new Request("https://sync.test/", {
      headers: { "x-plasma-client-group-id": "ada", [CLIENT_ID_HEADER]: "tab-1" },
    });
    expect(await authenticate(sessionsAt(start))(request)).toEqual({
      ok: false,
      reason: "Sign in again.",
    });
  });
});
