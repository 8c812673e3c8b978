/** Figures that are kept in the repository. A result says something only about the code it was made with, so the commit stands beside it. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** Adds a result to the list in a JSON file; makes the file if need be. */
export function addResult(file, result) {
  const path = join(ROOT, file);
  const entry = { date: new Date().toISOString().slice(0, 10), commit: currentCommit(), ...result };
  writeFileSync(path, `${JSON.stringify([...earlier(path), entry], null, 2)}\n`);
}

function currentCommit() {
  return execFileSync("git", ["rev-parse", "HEAD"], { cwd: ROOT, encoding: "utf8" }).trim();
}

function earlier(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
}
