import { describe, expect, it } from "vitest";
import { runtimePlatform } from "../platform.ts";
import {
  cookieCovers,
  decodeCookie,
  encodeCookie,
  mergeCookie,
  peekCookie,
  versionAt,
} from "./cookie.ts";
import type { Cookie, Positions } from "./cookie.ts";

const key = { key: "a key", platform: runtimePlatform() };
const cookie: Cookie = {
  positions: { "0": "12" },
  databaseId: "d",
  nonce: "n",
  principal: "é😀",
  schemaVersion: "1",
  visibility: "v",
  page: { version: 15, nonce: "m", table: "todos", lastId: "x\"'" },
};

let state = 7;
const below = (limit: number) => (state = (state * 48271) % 2147483647) % limit;

describe("the cookie", () => {
  it("comes back as it was", async () => {
    expect(await decodeCookie(await encodeCookie(cookie, key), key)).toEqual(cookie);
    const { page: _, ...plain } = cookie;
    expect(await decodeCookie(await encodeCookie(plain, key), key)).toEqual(plain);
  });

  it("does not verify with any character changed, or with another key", async () => {
    const text = await encodeCookie(cookie, key);
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === "A" ? "B" : "A";
      const changed = text.slice(0, at) + other + text.slice(at + 1);
      const decoded = await decodeCookie(changed, key);
      // The last character of base64 may hold bits that mean nothing.
      if (decoded) expect(decoded).toEqual(cookie);
      else expect(decoded).toBe(null);
    }
    expect(await decodeCookie(text, { ...key, key: "another" })).toBe(null);
  });

  it("is nothing, and no error, whatever else it is", async () => {
    for (let round = 0; round < 2000; round++) {
      const text = Array.from({ length: below(60) }, () =>
        String.fromCharCode(below(round % 2 ? 128 : 65_536)),
      ).join("");
      for (const candidate of [
        text,
        `c1:${text}`,
        `c1:${text}.${text}`,
        `c1:${btoa(encodeURIComponent(text.toWellFormed()))}.x`,
      ]) {
        expect(await decodeCookie(candidate, key)).toBe(null);
      }
      expect(peekCookie(text)).toBe(null);
    }
  });

  it("of another shape is not read, even when it is signed", async () => {
    for (const change of [
      { positions: { "0": 1 } },
      { positions: [] },
      { positions: { "0": "-1" } },
      { nonce: 1 },
      { page: {} },
      { page: { ...cookie.page, version: 1.5 } },
    ]) {
      expect(
        await decodeCookie(await encodeCookie({ ...cookie, ...change } as never, key), key),
      ).toBe(null);
    }
  });

  it("gives a version only where there is a whole and safe one", () => {
    expect(versionAt({ "0": "12" })).toBe(12);
    for (const positions of [
      {},
      { "1": "12" },
      { "0": "9007199254740993" },
      { "0": "99999999999999999999" },
      { "0": "" },
    ] as Positions[]) {
      expect(versionAt(positions)).toBe(null);
    }
  });
});

describe("positions", () => {
  const random = (): Positions =>
    Object.fromEntries(
      ["0", "1", "2"]
        .filter(() => below(3) > 0)
        .map((region) => [region, String(below(4) === 0 ? 2 ** 53 + below(9) : below(4))]),
    );

  it("merge into the least one that covers both", () => {
    for (let round = 0; round < 3000; round++) {
      const [a, b, c] = [random(), random(), random()];
      const merged = mergeCookie(a, b);
      expect(cookieCovers(merged, a) && cookieCovers(merged, b)).toBe(true);
      expect(mergeCookie(b, a)).toEqual(merged);
      expect(mergeCookie(merged, a)).toEqual(merged);
      expect(mergeCookie(mergeCookie(a, b), c)).toEqual(mergeCookie(a, mergeCookie(b, c)));
      if (cookieCovers(c, a) && cookieCovers(c, b)) expect(cookieCovers(c, merged)).toBe(true);
      if (cookieCovers(a, b) && cookieCovers(b, a)) expect(a).toEqual(b);
    }
  });
});
