/**
 * Makes sure that what the lockfile names is installed, so that `npm start` and `npm test` work on
 * a fresh clone. It uses Node's own modules alone, because it runs before anything is installed.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { quietEnv } from "./env.mjs";
import { Complaint } from "./complaint.mjs";

export const repoRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const oldestNode = [20, 19];

/** Throws a plain sentence when this Node is too old; nothing else would say it as plainly. */
export function checkNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [needMajor, needMinor] = oldestNode;
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return;
  throw new Complaint(
    `plasma needs Node ${oldestNode.join(".")} or newer, and this is Node ${version}. ` +
      "Install a newer Node (for example with `nvm install 22`) and try again.",
  );
}

/**
 * Installs the dependencies unless exactly these are installed already, by whatever command. Those in `dir` are meant, a
 * folder with a lockfile: the whole workspace, unless another is named.
 */
export function ensureInstalled(log = console.log, dir = repoRoot) {
  checkNode();
  if (isInstalled(dir)) return;
  const place = dir === repoRoot ? "" : ` of ${relative(repoRoot, dir)}`;
  log(`Installing dependencies${place} (npm ci) …`);
  // Install scripts are skipped: only the tests need a compiled package, see ensureBetterSqlite3.
  const install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  const status = whateverInterrupts(() => npm(install, dir));
  if (status !== 0) {
    throw new Complaint(
      "`npm ci` did not finish, its own words are above. Run the command again; check the network if it keeps failing.",
    );
  }
}

/** Compiles better-sqlite3 when its binding does not load in this Node. Takes a few minutes. */
export function ensureBetterSqlite3(log = console.log) {
  if (betterSqlite3Loads()) return;
  log("Compiling better-sqlite3 for this Node, which takes two to three minutes …");
  const startedAt = Date.now();
  const status = npm(["rebuild", "better-sqlite3", "--no-audit", "--no-fund"]);
  if (status !== 0 || !betterSqlite3Loads()) {
    throw new Complaint(
      "better-sqlite3 could not be compiled. It needs Python 3, make and a C++ compiler.",
    );
  }
  log(`Compiled better-sqlite3 in ${Math.round((Date.now() - startedAt) / 1000)} s.`);
}

/** Asked in a process of its own: a binding of another Node version can take its process down. */
function betterSqlite3Loads() {
  const serverPackage = join(repoRoot, "libs", "plasma-server", "package.json");
  let entry;
  try {
    entry = createRequire(serverPackage).resolve("better-sqlite3");
  } catch {
    return false;
  }
  const program = `new (require(${JSON.stringify(entry)}))(":memory:").close()`;
  return spawnSync(process.execPath, ["-e", program], { stdio: "ignore" }).status === 0;
}

/**
 * Whether what the lockfile names is there. Once an installation is over, and only then, npm writes down beside the packages
 * what it has put there; somebody may have removed one of them since, or brought the folder from another system. Optional ones
 * that name a C library are not looked at: which one is here is not easily said, and others tell the systems apart.
 */
export function isInstalled(dir) {
  const wanted = readJson(join(dir, "package-lock.json"));
  const installed = readJson(join(dir, "node_modules", ".package-lock.json"));
  if (!wanted) throw new Complaint(`${join(dir, "package-lock.json")} is missing or is not JSON.`);
  const isThere = ([path, { version, optional, os, cpu, libc }]) => {
    const own = installed?.packages?.[path];
    if (own) return own.version === version;
    const isForHere = os?.includes(process.platform) && cpu?.includes(process.arch) && !libc;
    return optional === true && !isForHere;
  };
  const { dependencies, devDependencies } = wanted.packages[""];
  return (
    Object.entries(wanted.packages)
      .filter(([path]) => path.includes("node_modules/"))
      .every(isThere) &&
    Object.keys({ ...dependencies, ...devDependencies }).every((name) =>
      existsSync(join(dir, "node_modules", name, "package.json")),
    )
  );
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * Ctrl-C reaches npm as well, which takes back what it has begun. Whoever runs the command again meanwhile would have two
 * of them in one folder, so this process, too, ends only when npm has.
 */
function whateverInterrupts(run) {
  const wait = () => {};
  process.on("SIGINT", wait);
  try {
    return run();
  } finally {
    process.off("SIGINT", wait);
  }
}

/** Runs the npm that started this script if there is one, else the one on the PATH. */
function npm(args, cwd = repoRoot) {
  const npmCli = process.env.npm_execpath;
  const [command, first] = npmCli?.endsWith(".js") ? [process.execPath, [npmCli]] : ["npm", []];
  const result = spawnSync(command, [...first, ...args], {
    cwd,
    stdio: "inherit",
    env: quietEnv(),
    shell: command === "npm" && process.platform === "win32",
  });
  return result.status ?? 1;
}
