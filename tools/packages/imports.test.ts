/** What a package must not import, and must not depend on, before it is published. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkImports } from "./imports.mjs";

const MANIFEST = { name: "notes", dependencies: { idb: "8.0.4" } };

describe("the imports of a package", () => {
  let stage: string;
  beforeEach(async () => {
    stage = await mkdtemp(join(tmpdir(), "plasma-imports-"));
    await mkdir(join(stage, "dist"));
  });
  afterEach(() => rm(stage, { recursive: true }));
  const write = (file: string, text: string) => writeFile(join(stage, "dist", file), text);

  it("are its own files, its dependencies and its platform", async () => {
    await write("index.js", 'import "./other.js"; import "node:fs"; import { openDB } from "idb";');
    await write("other.js", "export {};");
    await write("index.d.ts", 'export type { Other } from "./other.js";');
    await write("other.d.ts", "export type Other = import('idb').IDBPDatabase;");
    expect(() => checkImports(stage, MANIFEST)).not.toThrow();
  });

  it("are declared, also where only a type is used", async () => {
    await write("index.js", 'import "idb";');
    await write("index.d.ts", 'export type Element = import("react").ReactElement;');
    expect(() => checkImports(stage, MANIFEST)).toThrow(
      "dist/index.d.ts imports react, which is not among its dependencies.",
    );
  });

  it("lead to files that are in it", async () => {
    await write("index.js", 'import "idb"; import "./other.ts";');
    expect(() => checkImports(stage, MANIFEST)).toThrow("dist/index.js imports ./other.ts");
  });

  it("use each dependency, of the peers all but those that an app may hand in", async () => {
    await write("index.js", "export {};");
    expect(() => checkImports(stage, MANIFEST)).toThrow("depends on idb, and imports it nowhere");
    const handedIn = {
      name: "notes",
      peerDependencies: { pg: "^8.0.0" },
      peerDependenciesMeta: { pg: { optional: true } },
    };
    expect(() => checkImports(stage, handedIn)).not.toThrow();
  });
});
