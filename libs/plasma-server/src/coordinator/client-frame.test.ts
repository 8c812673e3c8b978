import { describe, expect, it } from "vitest";
import { MAX_FRAME_BYTES, readClientFrame } from "./client-frame.ts";

describe("frames from clients", () => {
  it("are messages when they are JSON objects with a type, whichever it is", () => {
    expect(readClientFrame('{"type":"from-the-future","x":1}')).toEqual({
      kind: "message",
      message: { type: "from-the-future", x: 1 },
    });
  });

  it.each(["", "hello", "null", "1", '"ping"', "[]", '[{"type":"a"}]', "{}", '{"type":1}', "{"])(
    "are malformed without a type: %j",
    (text) => {
      expect(readClientFrame(text)).toEqual({ kind: "malformed" });
    },
  );

  it("may be as large as the limit, and no larger", () => {
    const fits = JSON.stringify({ type: "a", pad: "" });
    const largest = JSON.stringify({ type: "a", pad: "x".repeat(MAX_FRAME_BYTES - fits.length) });
    expect(largest).toHaveLength(MAX_FRAME_BYTES);
    expect(readClientFrame(largest).kind).toBe("message");
    expect(readClientFrame(`${largest} `)).toEqual({ kind: "too-large" });
  });

  it("are measured in bytes, not in characters", () => {
    const text = JSON.stringify({ type: "a", pad: "é".repeat(MAX_FRAME_BYTES / 2) });
    expect(text.length).toBeLessThan(MAX_FRAME_BYTES);
    expect(readClientFrame(text)).toEqual({ kind: "too-large" });
  });

  it("are text: binary ones are never messages", () => {
    expect(readClientFrame(new ArrayBuffer(8))).toEqual({ kind: "malformed" });
    expect(readClientFrame(new ArrayBuffer(MAX_FRAME_BYTES + 1))).toEqual({ kind: "too-large" });
  });
});
