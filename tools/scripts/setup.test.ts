/** When the scripts install, and when they leave alone what is there. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isInstalled, repoRoot } from "./setup.mjs";

describe("whether a folder has what its lockfile names", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "plasma-setup-"));
    const root = { name: "app", dependencies: { one: "1.0.0" } };
    write("package-lock.json", {
      packages: {
        "": root,
        "libs/own": { version: "0.0.0" },
        "node_modules/one": { version: "1.0.0" },
        "node_modules/one/node_modules/two": { version: "2.0.0" },
        "node_modules/for-others": { version: "3.0.0", optional: true, os: ["mars"], cpu: ["x64"] },
      },
    });
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const write = (path: string, content: unknown) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), JSON.stringify(content));
  };
  const install = (one: string) => {
    write("node_modules/one/package.json", {});
    write("node_modules/.package-lock.json", {
      packages: {
        "node_modules/one": { version: one },
        "node_modules/one/node_modules/two": { version: "2.0.0" },
      },
    });
  };

  it("is so for this workspace, however it was installed", () => {
    expect(isInstalled(repoRoot)).toBe(true);
  });

  it("is so when npm says that it has put it there", () => {
    install("1.0.0");
    expect(isInstalled(dir)).toBe(true);
  });

  it("is not so before an installation is over", () => {
    write("node_modules/one/package.json", {});
    expect(isInstalled(dir)).toBe(false);
  });

  it("is not so when another version is there, or a package was removed", () => {
    install("1.0.1");
    expect(isInstalled(dir)).toBe(false);
    install("1.0.0");
    rmSync(join(dir, "node_modules/one"), { recursive: true });
    expect(isInstalled(dir)).toBe(false);
  });

  it("is not so when what this system needs is not there, as in a folder from another one", () => {
    install("1.0.0");
    const [os, cpu] = [[process.platform], [process.arch]];
    const path = "node_modules/for-here";
    write("package-lock.json", {
      packages: { "": {}, [path]: { version: "3.0.0", optional: true, os, cpu } },
    });
    expect(isInstalled(dir)).toBe(false);
  });

  it("is no question to be asked of a folder without a lockfile", () => {
    rmSync(join(dir, "package-lock.json"));
    expect(() => isInstalled(dir)).toThrow("package-lock.json is missing");
  });
});
