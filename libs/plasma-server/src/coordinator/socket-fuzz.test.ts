import fc from "fast-check";
import { expect, it } from "vitest";
import { MAX_FRAME_BYTES, readClientFrame } from "./client-frame.ts";
import { decodeIdentity, encodeIdentity } from "./socket-identity.ts";

const RUNS = 20_000;
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.json(),
  fc.json().map((json) => json.slice(0, -1)),
  fc.jsonValue().map((value) => JSON.stringify({ type: "presence", value })),
  fc
    .tuple(fc.constantFrom("[", '{"a":', '{"__proto__":', "\ud800", " "), fc.nat(20_000))
    .map(([unit, times]) => unit.repeat(times)),
  fc.constantFrom('{"type":1}', '{"type":"a","type":null}', '{"__proto__":{"type":"a"}}', "null"),
);

it(`${RUNS} random frames are a message, malformed or too large, and never throw`, () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(fc.oneof(anyText, fc.uint8Array({ maxLength: 20_000 })), (data) => {
      const frame = readClientFrame(typeof data === "string" ? data : new Uint8Array(data).buffer);
      seen.set(frame.kind, (seen.get(frame.kind) ?? 0) + 1);
      const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      expect(frame.kind === "too-large").toBe(bytes.byteLength > MAX_FRAME_BYTES);
      if (frame.kind === "message") {
        expect(typeof frame.message.type).toBe("string");
        expect(Object.hasOwn(frame.message, "type")).toBe(true);
      }
    }),
    { numRuns: RUNS },
  );
  expect([...seen.keys()].sort()).toEqual(["malformed", "message", "too-large"]);
});

it("random headers are no identity, and what the Worker writes is the one that it wrote", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      for (const header of [text, text.isWellFormed() ? encodeURIComponent(text) : text]) {
        const identity = decodeIdentity(header);
        if (identity) expect(decodeIdentity(encodeIdentity(identity))).toMatchObject(identity);
      }
    }),
    { numRuns: 5_000 },
  );
});
