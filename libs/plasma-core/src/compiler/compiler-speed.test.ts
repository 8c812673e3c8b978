/**
 * The types must not slow the compiler down. What it costs is counted in instantiations of generic types, because they
 * are the same on every machine: about 140,000 for the app of 50 tables, which `tsc --extendedDiagnostics` checks in
 * 1.5 seconds beyond what it needs for the package itself.
 */

import { describe, expect, it } from "vitest";
import { compile } from "./compile.fixture.ts";
import type { Compiled } from "./compile.fixture.ts";
import { appSource, schemaSource } from "./many-tables.fixture.ts";

function compileApp(tables: number): Compiled {
  return compile({ "many-tables.ts": schemaSource(tables), "app.ts": appSource(tables) });
}

describe("an app of 50 tables, 150 queries and 50 mutators", { timeout: 300_000 }, () => {
  const app = compileApp(50);

  it("compiles", () => {
    expect(Object.fromEntries(app.errors)).toEqual({ "many-tables.ts": [], "app.ts": [] });
  });

  it("costs the compiler little", () => {
    expect(app.instantiations).toBeLessThan(180_000);
  });

  it("costs twice what half of it costs: no type looks at all pairs of tables", () => {
    expect(app.instantiations / compileApp(25).instantiations).toBeLessThan(2.2);
  });
});
