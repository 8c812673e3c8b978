/** What plasma weighs in a browser, which must not grow unnoticed. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

function size(...args: readonly string[]): Promise<{ failed: boolean; output: string }> {
  return new Promise((resolve) => {
    const command = ["tools/scripts/bundle-size.mjs", ...args];
    execFile(process.execPath, command, { cwd: ROOT }, (error, stdout, stderr) =>
      resolve({ failed: error !== null, output: stdout + stderr }),
    );
  });
}

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
