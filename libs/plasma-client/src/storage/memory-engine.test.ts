import { describe, expect, it } from "vitest";
import { describeEngineContract } from "./engine.contract.ts";
import { createMemoryEngine } from "./memory-engine.ts";

describeEngineContract("memory engine", () => Promise.resolve({ engine: createMemoryEngine() }));

describe("memory engine", () => {
  it("says that nothing survives", () => {
    expect(createMemoryEngine().durable).toBe(false);
  });
});
