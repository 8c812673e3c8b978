/**
 * What is published works where nothing of this workspace is: the app and the worker of the READMEs, in projects of their
 * own, installed from the tarballs.
 */

import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { filterProblems } from "@arethetypeswrong/core/problems";
import { existsSync, readFileSync } from "node:fs";
import { cp, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { chromiumArgs, findChromium } from "../scripts/chromium.mjs";
import { anyFreePort } from "../scripts/ports.mjs";
import { startGroup } from "../scripts/process-group.mjs";
import { repoRoot } from "../scripts/setup.mjs";
import { waitForHttp } from "../scripts/wait-for-http.mjs";
import { emptyProject } from "./empty-project.fixture.ts";
import type { EmptyProject } from "./empty-project.fixture.ts";
import { filesInReadme } from "./readme-files.fixture.ts";

const MINUTES = 60_000;
/** Plain JavaScript for Nx, without types. */
const GENERATORS = "@sh1n4ps/plasma-nx";
/** Those of programs that know `exports` and ES modules; there is no CommonJS. */
const ESM_RESOLUTIONS = ["node16-esm", "bundler"] as const;

const packed = inject("packed");
const tarballsOf = (...folders: string[]) =>
  Object.fromEntries(
    packed
      .filter(({ folder }) => folders.includes(folder))
      .map(({ name, tarball }) => [name, tarball]),
  );
const readmeOf = (folder: string) => filesInReadme(join(repoRoot, "libs", folder, "README.md"));

/** A mistake in a mutator. */
const EMPTIED = "{ ...args, text: args.text.trim() })";

/** Strictly, and our declarations too. */
async function typeCheck(project: EmptyProject, options: Record<string, unknown>) {
  const file = `tsconfig.${String(options["moduleResolution"])}.json`;
  const strict = { strict: true, noUncheckedIndexedAccess: true, skipLibCheck: false };
  const compilerOptions = { ...strict, target: "es2022", noEmit: true, ...options };
  await project.write([[file, JSON.stringify({ compilerOptions, include: ["src"] })]]);
  await project.run("tsc", "--project", file);
}

describe.concurrent("the notes of the READMEs", () => {
  let app: EmptyProject;
  let worker: EmptyProject;
  let browser: Browser;
  const ended: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    [app, worker] = await Promise.all([
      emptyProject("app", {
        tarballs: tarballsOf("plasma-core", "plasma-client", "plasma-react"),
        others: [
          ...["react", "react-dom", "zod"],
          ...["vite", "typescript", "@types/react", "@types/react-dom"],
        ],
      }),
      emptyProject("worker", {
        tarballs: tarballsOf("plasma-core", "plasma-server"),
        others: ["zod", "typescript", "@cloudflare/workers-types"],
      }),
    ]);
    ended.push(app.remove, worker.remove);
    for (const project of [app, worker]) await project.write(readmeOf("plasma-core"));
    await app.write([...readmeOf("plasma-client"), ...readmeOf("plasma-react")]);
    await worker.write(readmeOf("plasma-server"));
  }, 5 * MINUTES);
  afterAll(async () => {
    for (const end of ended.reverse()) await end();
  });

  it("have types that fit, in the page", { timeout: 3 * MINUTES }, () =>
    typeCheck(app, {
      ...{ module: "esnext", moduleResolution: "bundler" },
      ...{ lib: ["es2022", "dom", "dom.iterable"], jsx: "react-jsx", types: [] },
    }),
  );

  it.each([
    { module: "esnext", moduleResolution: "bundler" },
    { module: "nodenext", moduleResolution: "nodenext" },
  ])("have types that fit, in the worker: $moduleResolution", { timeout: 3 * MINUTES }, (modules) =>
    typeCheck(worker, { ...modules, lib: ["es2022"], types: ["@cloudflare/workers-types"] }),
  );

  it("are made of what Node can import as it is", { timeout: 2 * MINUTES }, async () => {
    const imports = (project: EmptyProject, lines: string[]) =>
      project.write([["imports.mjs", lines.join("\n")]]).then(() => project.runNode("imports.mjs"));
    const inBrowsers = await imports(app, [
      'import { createPlasmaClient } from "@sh1n4ps/plasma-client";',
      'import { PlasmaProvider } from "@sh1n4ps/plasma-react";',
      "console.log(typeof createPlasmaClient, typeof PlasmaProvider);",
    ]);
    const onServers = await imports(worker, [
      'import { createSyncHandler } from "@sh1n4ps/plasma-server";',
      'import { createNodeServer } from "@sh1n4ps/plasma-server/node";',
      "console.log(typeof createSyncHandler, typeof createNodeServer);",
    ]);
    expect([inBrowsers, onServers]).toEqual(["function function\n", "function function\n"]);
  });

  it(
    "are in step in two browsers, and are still there after a reload without the server",
    { timeout: 3 * MINUTES },
    async () => {
      const [workerPort, appPort] = [await anyFreePort(), await anyFreePort()];
      const wrangler = await serve("wrangler", worker, [
        join(repoRoot, "node_modules", "wrangler", "bin", "wrangler.js"),
        ...[
          "dev",
          "--port",
          String(workerPort),
          "--ip",
          "127.0.0.1",
          "--show-interactive-dev-session=false",
        ],
      ]);
      await wrangler.answers(`http://127.0.0.1:${workerPort}/`);
      const config = readmeOf("plasma-react").get("vite.config.ts") ?? "";
      await app.write([
        ["vite.config.ts", config.replace("localhost:8787", `127.0.0.1:${workerPort}`)],
      ]);
      await app.run("vite", "build");
      const vite = await serve("vite", app, [
        join(app.directory, "node_modules", "vite", "bin", "vite.js"),
        ...["preview", "--port", String(appPort), "--host", "127.0.0.1", "--strictPort"],
      ]);
      const address = `http://127.0.0.1:${appPort}/`;
      await vite.answers(address);

      browser = await chromium.launch({ args: chromiumArgs, executablePath: findChromium() });
      ended.push(() => browser.close());
      // Two browsers, as it were: they share no storage.
      const [ada, grace] = await Promise.all([newPage(), newPage()]);
      await ada.goto(address);
      await grace.goto(address);
      await ada.getByRole("textbox", { name: "New note" }).fill("Call the bank");
      await ada.getByRole("button", { name: "Add" }).click();
      const arrived = grace.getByText("Call the bank");
      await arrived.waitFor();

      await grace.route("**/sync/**", (route) => route.abort());
      await wrangler.stop();
      await grace.reload();
      await arrived.waitFor();
      expect(await grace.getByRole("listitem").allTextContents()).toEqual(["Call the bank"]);
    },
  );

  async function newPage() {
    const context = await browser.newContext();
    return context.newPage();
  }

  async function serve(name: string, project: EmptyProject, args: string[]) {
    const group = startGroup({
      name,
      command: process.execPath,
      args,
      cwd: project.directory,
      env: { CI: "true" },
    });
    ended.push(() => group.stop());
    return {
      stop: () => group.stop(),
      async answers(url: string) {
        const isAlive = group.isRunning;
        if (!(await waitForHttp(url, { timeoutMs: MINUTES, isAlive })))
          throw new Error(`${name} does not answer:\n${group.tail()}`);
      },
    };
  }
});

describe("the simulation of the READMEs", () => {
  let tests: EmptyProject;

  beforeAll(async () => {
    tests = await emptyProject("tests", {
      tarballs: tarballsOf("plasma-core", "plasma-client", "plasma-server", "plasma-testing"),
      others: ["zod", "typescript", "vitest"],
    });
    await tests.write([...readmeOf("plasma-core"), ...readmeOf("plasma-testing")]);
    // Compiled already for this workspace.
    const built = join("node_modules", "better-sqlite3", "build");
    await cp(join(repoRoot, built), join(tests.directory, built), { recursive: true });
  }, 5 * MINUTES);
  afterAll(() => tests.remove());

  it("has types that fit", { timeout: 3 * MINUTES }, () =>
    typeCheck(tests, {
      ...{ module: "esnext", moduleResolution: "bundler", lib: ["es2023", "dom"], types: [] },
      // Not ours: the declarations of the test runner.
      skipLibCheck: true,
    }),
  );

  it("passes, and tells what breaks", { timeout: 3 * MINUTES }, async () => {
    expect(await tests.run("vitest", "run")).toMatch(/3 passed/);
    const test = readmeOf("plasma-testing").get("src/notes.test.ts") ?? "";
    await tests.write([["src/notes.test.ts", test.replace('"Milk", "Bread"', '"Milk", " "')]]);
    await tests.write([
      [
        "src/shared.ts",
        readmeOf("plasma-core").get("src/shared.ts")?.replace("args)", EMPTIED) ?? "",
      ],
    ]);
    await expect(tests.run("vitest", "run")).rejects.toThrow(
      /It does not hold that no note is empty/,
    );
  });
});

describe("each tarball", () => {
  it("is as publint wants it", async () => {
    const complaints = packed.map(async ({ name, tarball }) => {
      const { messages, pkg } = await publint({
        pack: { tarball: await contentOf(tarball) },
        strict: true,
      });
      return messages.map((message) => `${name}: ${formatMessage(message, pkg)}`);
    });
    expect((await Promise.all(complaints)).flat()).toEqual([]);
  });

  it("has types that are found as its code is", async () => {
    const typed = packed.filter(({ name }) => name !== GENERATORS);
    const complaints = typed.map(async ({ name, tarball }) => {
      const analysis = await checkPackage(
        createPackageFromTarballData(new Uint8Array(await contentOf(tarball))),
      );
      if (!analysis.types) return [`${name} has no types`];
      return ESM_RESOLUTIONS.flatMap((resolutionKind) =>
        filterProblems(analysis, { resolutionKind }),
      ).map((problem) => `${name}: ${JSON.stringify(problem)}`);
    });
    expect((await Promise.all(complaints)).flat()).toEqual([]);
  });

  it("has what a package needs, and nothing that is ours alone", async () => {
    for (const { name, stage } of packed) {
      const files = (await readdir(stage, { recursive: true })).map((file) =>
        file.replaceAll("\\", "/"),
      );
      const expected = ["LICENSE", "README.md", "package.json"];
      expect([name, expected.filter((file) => !files.includes(file))]).toEqual([name, []]);
      const ours = files.filter((file) => /\.(test|test-d|fixture)\.(tsx?|js|mjs)$/.test(file));
      expect([name, ours]).toEqual([name, []]);
    }
  });

  it("asks for the others in its own version, and for all that is in the manifest", async () => {
    for (const { name, stage } of packed) {
      const manifest = JSON.parse(await readFile(join(stage, "package.json"), "utf8"));
      expect(manifest).toMatchObject({
        name,
        type: "module",
        license: "MIT",
        sideEffects: false,
        engines: { node: ">=20.19" },
      });
      for (const [path, target] of Object.entries(manifest.exports)) {
        if (path.endsWith(".json")) continue;
        expect(target).toEqual({
          types: expect.stringMatching(/^\.\/dist\/.*\.d\.ts$/),
          default: expect.stringMatching(/^\.\/dist\/.*\.js$/),
        });
      }
      for (const field of ["scripts", "devDependencies", "nx", "private"])
        expect(manifest).not.toHaveProperty(field);
      const others = Object.entries(manifest.dependencies ?? {}).filter(([other]) =>
        other.startsWith("@sh1n4ps/"),
      );
      expect(others.filter(([, range]) => range !== manifest.version)).toEqual([]);
    }
  });

  it("has maps that lead to the sources that it has", async () => {
    for (const { name, stage } of packed.filter((one) => one.name !== GENERATORS)) {
      const maps = (await readdir(join(stage, "dist"), { recursive: true })).filter((file) =>
        file.endsWith(".map"),
      );
      expect(maps).toContain("index.js.map");
      expect(maps).toContain("index.d.ts.map");
      const missing = maps.filter((map) => {
        const file = join(stage, "dist", map);
        const { sources } = JSON.parse(readFileSync(file, "utf8"));
        return !sources.every((source: string) => existsSync(join(dirname(file), source)));
      });
      expect([name, missing]).toEqual([name, []]);
    }
  });

  /** In memory of its own, as a tarball is read that npm would send. */
  async function contentOf(tarball: string): Promise<ArrayBuffer> {
    return new Uint8Array(await readFile(tarball)).buffer;
  }
});
