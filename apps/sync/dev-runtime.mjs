/**
 * Bundles the worker and runs it in workerd through Miniflare's API, which is up in a few seconds.
 * Started by `dev-server.mjs`, which leads its process group.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build, context } from "esbuild";
import { Log, LogLevel, Miniflare } from "miniflare";
import { readJsonc } from "../../tools/scripts/jsonc.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

const { values } = parseArgs({
  options: {
    port: { type: "string" },
    persist: { type: "string" },
    "app-origins": { type: "string" },
    watch: { type: "boolean", default: false },
  },
});

const miniflareOptions = createOptionsFor(values.port, values.persist, values["app-origins"]);

/** @type {import("esbuild").BuildOptions} */
const bundleOptions = {
  absWorkingDir: here,
  entryPoints: ["src/index.ts"],
  bundle: true,
  write: false,
  format: "esm",
  target: "es2022",
  platform: "neutral",
  mainFields: ["module", "main"],
  conditions: ["workerd", "worker", "browser"],
  external: ["cloudflare:*", "node:*"],
  sourcemap: "inline",
  logLevel: "silent",
};

/** Whether workerd is being ended on purpose: to reload the worker, or because we end. */
let endsOnPurpose = false;

const miniflare = await start();

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => {
    endsOnPurpose = true;
    void miniflare.dispose().finally(() => process.exit(0));
  });
}

async function start() {
  const { outputFiles } = await build(bundleOptions).catch(giveUp);
  const running = new Miniflare(miniflareOptions(outputFiles[0].text));
  await running.ready.catch(giveUp);
  if (values.watch) await reloadOnChange(running);
  return running;
}

/** Reloads one change after the other; a change that does not compile leaves the old worker on. */
async function reloadOnChange(running) {
  let lastReload = Promise.resolve();
  let isFirstBuild = true;
  const reload = {
    name: "reload",
    setup(plugin) {
      plugin.onEnd(({ errors, outputFiles }) => {
        if (errors.length > 0) return reportErrors(errors);
        if (isFirstBuild) {
          isFirstBuild = false;
          return;
        }
        lastReload = lastReload
          .then(() => replace(running, outputFiles[0].text))
          .catch((error) => console.error(error));
      });
    },
  };
  const watching = await context({ ...bundleOptions, plugins: [reload] });
  await watching.watch();
}

async function replace(running, script) {
  endsOnPurpose = true;
  await running.setOptions(miniflareOptions(script));
  endsOnPurpose = false;
  console.log("Reloaded the worker.");
}

/** Shows what workerd says, and ends with it: Miniflare alone would not notice that it is gone. */
function followRuntime(stdout, stderr) {
  stdout.pipe(process.stdout, { end: false });
  stderr.pipe(process.stderr, { end: false });
  stdout.once("end", () => {
    if (endsOnPurpose) return;
    console.error("workerd ended unexpectedly.");
    process.exit(1);
  });
}

function createOptionsFor(port, persistDir, appOrigins) {
  mkdirSync(persistDir, { recursive: true });
  // The deployed worker's own settings, so that both run with the same date, flags and variables.
  const config = readJsonc(join(here, "wrangler.jsonc"));
  const sessionSecret = readOrCreateSecret(join(persistDir, "session-secret"));
  return (script) => ({
    name: "sync",
    modules: true,
    script,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags ?? [],
    host: "127.0.0.1",
    port: Number(port),
    cf: false,
    log: new Log(LogLevel.WARN),
    handleRuntimeStdio: followRuntime,
    d1Databases: ["DB"],
    d1Persist: join(persistDir, "d1"),
    durableObjects: { COORDINATOR: { className: "SyncCoordinator", useSQLite: true } },
    durableObjectsPersist: join(persistDir, "durable-objects"),
    bindings: {
      ...config.vars,
      APP_ORIGINS: appOrigins,
      DEMO: "true",
      // Whoever edits the worker's source wants to hear of its mistakes.
      DEVELOPMENT: String(values.watch),
      SESSION_SECRET: sessionSecret,
    },
  });
}

/** Sessions outlive a restart of the worker, so their key is made once and kept for its owner. */
function readOrCreateSecret(path) {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  const secret = randomBytes(32).toString("base64url");
  writeFileSync(path, `${secret}\n`, { mode: 0o600, flag: "wx" });
  return secret;
}

function reportErrors(errors) {
  for (const { text, location } of errors) {
    console.error(location ? `${location.file}:${location.line}: ${text}` : text);
  }
}

function giveUp(error) {
  if (error.errors) reportErrors(error.errors);
  else console.error(error);
  process.exit(1);
}
