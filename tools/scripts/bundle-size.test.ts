/** What plasma weighs in a browser, which must not grow unnoticed. */

import { describe, expect, it } from "vitest";
import { runScript } from "./run-script.fixture.ts";

const size = (...args: readonly string[]) => runScript("bundle-size", args);

describe("the smallest app", () => {
  it("weighs no more than it may", async () => {
    const { failed, output } = await size();
    expect(failed, output).toBe(false);
    expect(output).toMatch(/^plasma-core\/query +[\d.]+ kB$/m);
  });

  it("is refused when it weighs more, with its weight", async () => {
    const { failed, output } = await size("--limit", "20.5");
    expect(failed).toBe(true);
    expect(output).toMatch(/kB minified, [\d.]+ kB gzipped/);
    expect(output).toContain("That is more than 20.5 kB.");
  });

  it("is not measured against a limit that is no number", async () => {
    const { failed, output } = await size("--limit", "small");
    expect(failed).toBe(true);
    expect(output).toContain("--limit takes kB");
  });
});
