import { describe, expect, it } from "vitest";
import { toHex } from "./bytes.ts";
import { runtimePlatform } from "./platform.ts";

describe("random bytes", () => {
  const { random } = runtimePlatform();

  it("are as many as asked for, and never the same twice", () => {
    const seen = new Set<string>();
    for (let count = 0; count < 5_000; count++) {
      const bytes = random.bytes(16);
      expect(bytes).toHaveLength(16);
      seen.add(toHex(bytes));
    }
    expect(seen.size).toBe(5_000);
    for (const length of [0, 1, 4095, 4096, 4097, 10_000])
      expect(random.bytes(length)).toHaveLength(length);
  });

  it("belong to whoever got them", () => {
    const first = random.bytes(16);
    const before = toHex(first);
    random.bytes(16).fill(0);
    expect(toHex(first)).toBe(before);
    expect(first.buffer.byteLength).toBe(16);
  });
});
