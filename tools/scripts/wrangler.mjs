/** Runs wrangler for the deployment, and reads what it says. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Complaint } from "./complaint.mjs";
import { quietEnv } from "./env.mjs";

const TAIL_LINES = 15;

/**
 * Runs `wrangler ARGS` in a folder, and gives what it printed. Throws with the end of that when it fails.
 *
 * @param {string[]} args
 * @param {{ cwd: string, env?: Record<string, string> }} options
 * @returns {Promise<string>}
 */
export function wrangler(args, { cwd, env = {} }) {
  const manifest = createRequire(import.meta.url).resolve("wrangler/package.json");
  const program = join(manifest, "..", "bin", "wrangler.js");
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd,
      env: quietEnv({ ...env, NO_COLOR: "1", FORCE_COLOR: "0" }),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let everything = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      everything += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      everything += text;
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) return resolve(stdout);
      const tail = everything.trim().split("\n").slice(-TAIL_LINES).join("\n");
      reject(new Complaint(`\`wrangler ${args.join(" ")}\` failed:\n${tail}`));
    });
  });
}

/** The JSON that wrangler printed. It may say something before. */
export async function wranglerJson(args, options) {
  const printed = await wrangler(args, options);
  const start = printed.search(/^[[{]/m);
  try {
    return JSON.parse(printed.slice(start));
  } catch {
    throw new Complaint(`\`wrangler ${args.join(" ")}\` printed no JSON, but:\n${printed}`);
  }
}

/** Runs wrangler, and gives the entries of this type that it wrote about what it did. */
export async function wranglerReport(type, args, { cwd, env = {} }) {
  const folder = mkdtempSync(join(tmpdir(), "plasma-wrangler-"));
  const file = join(folder, "report.ndjson");
  try {
    await wrangler(args, { cwd, env: { ...env, WRANGLER_OUTPUT_FILE_PATH: file } });
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line))
      .filter((entry) => entry.type === type);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
