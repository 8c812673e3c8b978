/** A release, by the real npm and the real changesets, to a stand-in for a registry. */

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from "vitest";
import { copyWorkspace, MINUTES } from "../plasma-nx/src/workspace-copy.fixture.ts";
import type { WorkspaceCopy } from "../plasma-nx/src/workspace-copy.fixture.ts";
import { repoRoot } from "../scripts/setup.mjs";
import { publishedManifest } from "./manifest.mjs";
import { startRegistry } from "./registry.fixture.mjs";
import { publishedPackages } from "./workspace-packages.mjs";

const packages = publishedPackages();
const names = packages.map(({ name }) => name);
const version: string = packages[0]?.manifest.version;
const all = names.map((name) => `${name}@${version}`);

/** Where the tarballs are. */
const packed = dirname(inject("packed")[0]?.tarball ?? "");

async function run(directory: string, [program = "", ...args]: string[], env = {}) {
  const { NODE_OPTIONS: _options, VITEST: _vitest, ...own } = process.env;
  const { stdout, stderr } = await promisify(execFile)(program, args, {
    cwd: directory,
    env: { ...own, ...env },
  });
  return stdout + stderr;
}

describe("a release", () => {
  let outputs: string;
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  beforeAll(async () => {
    outputs = await mkdtemp(join(tmpdir(), "plasma-outputs-"));
    registry = await startRegistry();
  });
  afterAll(async () => {
    await registry.close();
    await rm(outputs, { recursive: true });
  });
  const publish = (args: string[], env = {}) =>
    run(repoRoot, ["node", "tools/packages/publish.mjs", ...args], { ...registry.env, ...env });

  it("is told beforehand what is not published yet", { timeout: MINUTES }, async () => {
    const file = join(outputs, "github-output");
    const told = await publish(["--check"], { GITHUB_OUTPUT: file });
    expect(told).toContain(`Not published yet: ${all.join(", ")}`);
    expect(await readFile(file, "utf8")).toBe("unpublished=true\n");
    expect(registry.published).toEqual([]);
  });

  it("says what to do where nothing is packed", { timeout: MINUTES }, async () => {
    await expect(publish(["--from", outputs])).rejects.toThrow("`npm run build:packages` makes it");
  });

  it("publishes each after those that it depends on", { timeout: 2 * MINUTES }, async () => {
    await publish(["--from", packed]);
    expect(registry.published).toEqual(all);
    expect(registry.manifestOf("@sh1n4ps/plasma-react", version)).toMatchObject({
      exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
      dependencies: { "@sh1n4ps/plasma-core": version, "@sh1n4ps/plasma-client": version },
      peerDependencies: { react: "^19.0.0" },
    });
  });

  it("publishes nothing twice", { timeout: MINUTES }, async () => {
    expect(await publish(["--from", packed])).toContain("Everything is published already.");
    expect(registry.published).toHaveLength(all.length);
  });
});

describe("a package that is published from a repository", () => {
  it("says which one, and where in it", () => {
    vi.stubEnv("GITHUB_REPOSITORY", "somebody/plasma");
    onTestFinished(() => void vi.unstubAllEnvs());
    const manifests = packages.map(publishedManifest);
    expect(manifests[0]).toMatchObject({
      homepage: "https://github.com/somebody/plasma#readme",
      repository: {
        url: "git+https://github.com/somebody/plasma.git",
        directory: "libs/plasma-core",
      },
    });
  });
});

describe("a changeset of one package", () => {
  let copy: WorkspaceCopy;
  beforeAll(async () => {
    copy = await copyWorkspace();
  }, 2 * MINUTES);
  afterAll(() => copy.remove());

  it("gives all of them the next version, and a line in the changelog", async () => {
    await writeFile(
      join(copy.directory, ".changeset", "of-the-tests.md"),
      '---\n"@sh1n4ps/plasma-core": minor\n---\n\nQueries know more words.\n',
    );
    const commit = ["git", "-c", "user.name=Tests", "-c", "user.email=tests@example.com", "commit"];
    await run(copy.directory, ["git", "init", "--quiet"]);
    await run(copy.directory, ["git", "add", ".changeset"]);
    await run(copy.directory, [...commit, "--quiet", "--message", "a changeset"]);
    await copy.run("changeset", "version");
    const manifests = await Promise.all(
      packages.map(async ({ name, directory }) => {
        const inCopy = join(copy.directory, relative(repoRoot, directory), "package.json");
        return [name, JSON.parse(await readFile(inCopy, "utf8")).version];
      }),
    );
    const [major, minor] = version.split(".").map(Number);
    expect(manifests).toEqual(names.map((name) => [name, `${major}.${Number(minor) + 1}.0`]));
    const changelog = join(copy.directory, "libs", "plasma-core", "CHANGELOG.md");
    expect(await readFile(changelog, "utf8")).toContain("Queries know more words.");
  });
});
