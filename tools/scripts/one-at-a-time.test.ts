/** Two starts in one clone, each in a process of its own. */

import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { repoRoot } from "./setup.mjs";

let folder = "";
let env: NodeJS.ProcessEnv;
const children: ChildProcess[] = [];

beforeEach(() => {
  // The name of a socket may not be long.
  folder = mkdtempSync(join(existsSync("/tmp") ? "/tmp" : tmpdir(), "plasma-one-"));
  const { NODE_OPTIONS: _options, ...own } = process.env;
  env = { ...own, TMPDIR: folder };
});
afterEach(async () => {
  for (const child of children.splice(0)) await end(child, "SIGKILL");
  rmSync(folder, { recursive: true });
});

const programs = [
  { script: "start", command: "npm start" },
  { script: "preview", command: "npm run preview" },
];

describe.each(programs)("$command", ({ script, command }) => {
  it("says where the clone is running already, and how to end that", async () => {
    const { pid } = await claim({ command, url: "http://localhost:3000" });
    const { status, stderr } = start(script);
    expect([status, stderr.trim()]).toEqual([
      1,
      `This clone is already running at http://localhost:3000 (\`${command}\`). Stop it with Ctrl-C in its terminal, or with \`kill ${pid}\`, before you start it again.`,
    ]);
  });
});

it("whoever comes while the other one installs is told so, though that one does not answer", async () => {
  await claim({ command: "npm start", url: "http://localhost:3000", isBusy: true });
  expect(start("start").stderr).toContain("This clone is being started by another");
});

it("a process that was killed has the clone no longer, and one that ends leaves nothing", async () => {
  const killed = await claim({ command: "npm start", url: "http://localhost:3000" });
  await end(killed, "SIGKILL");
  expect(readdirSync(folder)).toHaveLength(1);
  const other = await claim({ command: "npm run preview", url: "http://localhost:8788" });
  expect(start("start").stderr).toContain("at http://localhost:8788 (`npm run preview`)");
  await end(other, "SIGTERM");
  expect(readdirSync(folder)).toEqual([]);
});

it("another clone is another matter", async () => {
  await claim({ command: "npm start", url: "http://localhost:3000" });
  await expect(
    claim({ command: "npm start", url: "http://localhost:3001", of: "/elsewhere" }),
  ).resolves.toBeDefined();
});

function start(script: string) {
  const program = join(repoRoot, "tools/scripts", `${script}.mjs`);
  return spawnSync(process.execPath, [program], { env, encoding: "utf8" });
}

/** A process that has the clone. One that is busy answers nobody. */
async function claim({ command = "", url = "", of = repoRoot, isBusy = false }) {
  const module = JSON.stringify(pathToFileURL(join(repoRoot, "tools/scripts/one-at-a-time.mjs")));
  const program = `
    const { claimFolder } = await import(${module});
    process.on("SIGTERM", () => process.exit());
    await claimFolder(${JSON.stringify(of)}, ${JSON.stringify({ command, url })});
    process.stdout.write("claimed\\n");
    setInterval(() => {}, 1000);
    if (${isBusy}) setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { env });
  children.push(child);
  let complaint = "";
  child.stderr.on("data", (chunk) => (complaint += chunk));
  await new Promise((claimed, failed) => {
    child.stdout.once("data", claimed);
    child.once("exit", () => failed(new Error(complaint)));
  });
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}
