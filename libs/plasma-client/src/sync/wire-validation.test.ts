import { describe, expect, it } from "vitest";
import { seededRandom } from "./testing/virtual-platform.ts";
import {
  checkPullResponse,
  checkPushResponse,
  checkTicketResponse,
  MalformedAnswer,
  readErrorBody,
} from "./wire-validation.ts";

const push = {
  lastMutationID: 3,
  results: [
    { id: 1, status: "ok", duplicate: true },
    { id: 2, status: "error", code: "forbidden", message: "No.", details: { why: "role" } },
    { id: 3, status: "not-reached" },
  ],
};

const pull = {
  cookie: "c1:abc.def",
  patch: [
    { op: "clear" },
    { op: "put", table: "todos", row: { id: "1", title: "Milk" } },
    { op: "del", table: "todos", id: "2" },
  ],
  lastMutationIDs: { "tab-1": 3 },
  rejections: [{ clientID: "tab-1", id: 2, code: "forbidden", message: "No." }],
  hasMore: false,
};

/** Every answer that differs from `value` in one place. */
function* spoilt(value: unknown): Generator<unknown> {
  yield* [undefined, null, 1.5, -1, NaN, "", [], {}, true, 2 ** 60].filter(
    (other) => JSON.stringify(other) !== JSON.stringify(value),
  );
  if (typeof value !== "object" || value === null) return;
  for (const key of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[key];
    for (const other of spoilt(inner)) {
      yield Array.isArray(value)
        ? value.map((item, index) => (String(index) === key ? other : item))
        : { ...value, [key]: other };
    }
  }
}

describe("a good answer", () => {
  it("is passed on as it is", () => {
    expect(checkPushResponse(push)).toEqual(push);
    expect(checkPullResponse(pull)).toEqual(pull);
    expect(checkTicketResponse({ ticket: "t", room: "r" })).toEqual({ ticket: "t", room: "r" });
  });

  it("loses what the protocol does not know", () => {
    expect(checkPushResponse({ ...push, extra: 1 })).toEqual(push);
    const [first] = checkPullResponse({
      ...pull,
      patch: [{ op: "del", table: "todos", id: "2", row: { id: "9" } }],
    }).patch;
    expect(first).toEqual({ op: "del", table: "todos", id: "2" });
  });

  it("may name a client like something that objects inherit", () => {
    const body: unknown = JSON.parse(
      JSON.stringify(pull).replace('"tab-1":3', '"__proto__":3,"constructor":4'),
    );
    const ids = checkPullResponse(body).lastMutationIDs;
    expect(Object.entries(ids)).toEqual([
      ["__proto__", 3],
      ["constructor", 4],
    ]);
    expect(Object.getPrototypeOf(ids)).toBe(Object.prototype);
  });
});

describe("a spoilt answer", () => {
  it("is refused as malformed, or has lost what was spoilt, and never crashes", () => {
    const checks = [
      [checkPushResponse, push],
      [checkPullResponse, pull],
    ] as const;
    for (const [check, good] of checks) {
      let refused = 0;
      for (const body of spoilt(good)) {
        try {
          check(body);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedAnswer);
          refused += 1;
        }
      }
      expect(refused).toBeGreaterThan(50);
    }
  });

  it.each([
    ["no cookie", { ...pull, cookie: "" }],
    ["no end", { ...pull, hasMore: undefined }],
    ["an unknown operation", { ...pull, patch: [{ op: "merge" }] }],
    ["a row without an id", { ...pull, patch: [{ op: "put", table: "todos", row: {} }] }],
    ["half a mutation id", { ...pull, lastMutationIDs: { "tab-1": 0.5 } }],
    ["a refusal without a code", { ...pull, rejections: [{ clientID: "a", id: 1, message: "" }] }],
  ])("is refused for %s", (_what, body) => {
    expect(() => checkPullResponse(body)).toThrow(MalformedAnswer);
  });

  it("is refused for an unknown status of a mutation", () => {
    const body = { lastMutationID: 1, results: [{ id: 1, status: "maybe" }] };
    expect(() => checkPushResponse(body)).toThrow(MalformedAnswer);
  });
});

describe("random JSON", () => {
  it("is refused as malformed", () => {
    const random = seededRandom(7);
    const keys = ["cookie", "patch", "lastMutationIDs", "rejections", "hasMore", "results", "op"];
    const value = (depth: number): unknown => {
      const dice = random();
      if (depth === 0 || dice < 0.3)
        return [null, 1, "x", true, -0, "clear"][Math.floor(dice * 20)];
      const size = Math.floor(random() * 5);
      const items = Array.from({ length: size }, () => value(depth - 1));
      if (dice < 0.6) return items;
      return Object.fromEntries(
        items.map((item) => [keys[Math.floor(random() * keys.length)] ?? "x", item]),
      );
    };
    for (let time = 0; time < 5000; time += 1) {
      const body = value(4);
      expect(() => checkPullResponse(body)).toThrow(MalformedAnswer);
      expect(() => checkPushResponse(body)).toThrow(MalformedAnswer);
    }
  });
});

describe("the body of a refusal", () => {
  it("is read if it is one, and nothing otherwise", () => {
    const body = { code: "gap", message: "One is missing.", details: { expected: 3 } };
    expect(readErrorBody(body)).toEqual(body);
    for (const other of [null, undefined, "Bad Gateway", [], {}, { code: "x" }, { message: "x" }]) {
      expect(readErrorBody(other)).toBe(null);
    }
  });
});
