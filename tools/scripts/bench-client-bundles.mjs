/** The client benchmark's pages: each adapter with its library as one script; libraries from npm are installed on demand. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { Complaint } from "./complaint.mjs";

const HERE = join(import.meta.dirname, "../bench/client");
const PEERS = join(HERE, "peers");

/** `absent` are the libraries that could not be installed or bundled, and why. */
export async function bundleAdapters(names) {
  const adapters = [];
  const absent = [];
  for (const name of names) {
    const own = join(HERE, "adapters", `${name}.ts`);
    const peer = join(PEERS, `${name}.mjs`);
    const isPeer = existsSync(peer);
    if (!isPeer && !existsSync(own)) throw new Complaint(`There is no adapter "${name}".`);
    try {
      if (isPeer) installPeers();
      const entry = isPeer ? peer : own;
      const script = await bundle(entry);
      adapters.push({ name, isPeer, script, gzipped: gzipSync(script, { level: 9 }).byteLength });
    } catch (error) {
      if (!isPeer) throw error;
      absent.push({ name, reason: error.message.split("\n")[0] });
      console.error(`${name} left out: ${error.message}`);
    }
  }
  return { adapters, absent };
}

/** Again when the lock file is another one. */
function installPeers() {
  const lock = readFileSync(join(PEERS, "package-lock.json"));
  const stamp = join(PEERS, "node_modules/.installed-lock.json");
  if (existsSync(stamp) && readFileSync(stamp).equals(lock)) return;
  console.error("Installing the libraries to compare with.");
  // Without the warnings: parts of RxDB that are not used here ask for a later Node.
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: PEERS,
    stdio: ["ignore", "ignore", "inherit"],
  });
  writeFileSync(stamp, lock);
}

async function bundle(entry) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    write: false,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
  return outputFiles[0].text;
}
