/** The latency benchmark in small: with the real worker, and each change seen by each client. Nothing is said about the times. */

import { describe, expect, it } from "vitest";
import { runScript } from "./run-script.fixture.ts";

const bench = (...args: readonly string[]) => runScript("bench-latency", args);

describe("the latency benchmark", () => {
  it("measures a change from one client to clients of three people, beside a bare socket and a pull", async () => {
    const { failed, output } = await bench("--clients", "4", "--rounds", "1", "--changes", "2");
    expect(failed, output).toBe(false);
    for (const name of ["raw", "pull", "raw \\+ pull", "plasma"]) {
      expect(output).toMatch(new RegExp(`^\\| 4 \\| ${name} \\| [\\d.]+ \\|`, "m"));
    }
  });

  it("says how many clients there can be when asked for more", async () => {
    const { failed, output } = await bench("--clients", "61");
    expect(failed).toBe(true);
    expect(output).toContain("from 2 to 60");
  });
});
