/**
 * The steps of a deployment to Cloudflare, in their order. Each says what it does before it does it, so that a dry run
 * can list them, and each may be done again: what is there already is left as it is.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { buildPages, pagesDir } from "../pages/build.mjs";
import { importBundled } from "./bundle.mjs";
import { Complaint } from "./complaint.mjs";
import { appDir, syncDir } from "./deployment-target.mjs";
import { repoRoot } from "./setup.mjs";
import { waitForHttp } from "./wait-for-http.mjs";
import { wrangler, wranglerJson, wranglerReport } from "./wrangler.mjs";

const SECRETS = ["SESSION_SECRET"];
const PLACEHOLDER_ID = /^[0-]*$/;
const HEALTH_TIMEOUT_MS = 120_000;

/**
 * @typedef {object} Step
 * @property {"sync" | "todo" | "both"} part
 * @property {string} name
 * @property {string} does A sentence for the dry run.
 * @property {string[]} commands
 * @property {string[]} creates What it creates where it is missing.
 * @property {(state: object) => Promise<string>} run Says what it did.
 */

/**
 * What comes first, whatever is done.
 * @type {Step}
 */
export const accountStep = {
  part: "both",
  name: "Account",
  does: "Asks wrangler which account it is logged in to.",
  commands: ["wrangler whoami --json"],
  creates: [],
  run: findAccount,
};

/**
 * @param {import("./deployment-target.mjs").Target} target
 * @returns {Step[]}
 */
export function deploymentSteps(target) {
  const { worker, database, buckets, pages, isDemo } = target;
  const crons = worker.triggers?.crons ?? [];
  return [
    accountStep,
    {
      part: "sync",
      name: "Database",
      does: `Looks for the D1 database "${database.database_name}", and creates it if there is none.`,
      commands: ["wrangler d1 list --json", `wrangler d1 create ${database.database_name}`],
      creates: [`D1 database "${database.database_name}"`],
      run: (state) => findDatabase(state, database),
    },
    {
      part: "sync",
      name: "Files",
      does:
        buckets.length === 0
          ? "Nothing: the worker has no R2 bucket."
          : `Creates the R2 buckets that are missing: ${buckets.join(", ")}.`,
      commands: buckets.map((name) => `wrangler r2 bucket create ${name}`),
      creates: buckets.map((name) => `R2 bucket "${name}"`),
      run: () => createBuckets(buckets),
    },
    {
      part: "both",
      name: "Project",
      does: `Looks for the Pages project "${pages.name}", and creates it if there is none: its address is the app's.`,
      commands: [
        "wrangler pages project list --json",
        `wrangler pages project create ${pages.name} --production-branch ${pages.productionBranch}`,
      ],
      creates: [`Pages project "${pages.name}"`],
      run: (state) => findProject(state, target),
    },
    {
      part: "sync",
      name: "Schema",
      does: "Compares the database with the app's tables, and stops here if more than additions is needed.",
      commands: [
        `wrangler d1 execute ${database.database_name} --remote --json --command "SELECT …"`,
      ],
      creates: [],
      run: (state) => checkSchema(state, target),
    },
    {
      part: "sync",
      name: "Secrets",
      does: `Looks whether the worker has ${SECRETS.join(", ")}, and makes up what is missing: 48 random bytes.`,
      commands: [`wrangler secret list --name ${worker.name} --format json`],
      creates: SECRETS.map((name) => `secret ${name} of the worker`),
      run: (state) => findSecrets(state, worker.name),
    },
    {
      part: "sync",
      name: "Worker",
      does: `Deploys "${worker.name}" with the app's address as APP_ORIGINS and DEMO=${isDemo}.`,
      commands: [`wrangler deploy --config ${relative(repoRoot, target.deployConfig)}`],
      creates: [
        `Worker "${worker.name}"`,
        ...worker.durable_objects.bindings.map(({ class_name: name }) => `Durable Object ${name}`),
        ...crons.map((cron) => `cron trigger ${cron}`),
      ],
      run: (state) => deployWorker(state, target),
    },
    {
      part: "sync",
      name: "Tables",
      does: "Asks the worker for /health, at which it makes the tables, columns and triggers that are missing.",
      commands: ["GET https://the-worker/health"],
      creates: ["the app's tables and plasma's own in the database"],
      run: makeTables,
    },
    {
      part: "todo",
      name: "Build",
      does: "Builds the app for Pages with the worker's address in it.",
      commands: ["node tools/pages/build.mjs"],
      creates: [],
      run: (state) => buildApp(state, target),
    },
    {
      part: "todo",
      name: "App",
      does: `Uploads it to the Pages project "${pages.name}".`,
      commands: [`wrangler pages deploy --project-name ${pages.name} --branch ${pages.branch}`],
      creates: [],
      run: (state) => uploadApp(state, pages),
    },
  ];
}

/** Bundles the worker without sending it anywhere, and gives its size. */
export async function bundleWorker() {
  const outdir = mkdtempSync(join(tmpdir(), "plasma-bundle-"));
  try {
    const printed = await wrangler(["deploy", "--dry-run", "--outdir", outdir], { cwd: syncDir });
    return /Total Upload: (.*)/.exec(printed)?.[1] ?? "size unknown";
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

async function findAccount(state) {
  // A token need not be allowed to say whose it is.
  if (process.env.CLOUDFLARE_API_TOKEN) return "that of CLOUDFLARE_API_TOKEN";
  const {
    loggedIn,
    email,
    accounts = [],
  } = await wranglerJson(["whoami", "--json"], {
    cwd: syncDir,
  }).catch(() => ({ loggedIn: false }));
  if (!loggedIn) {
    throw new Complaint(
      "Nobody is logged in to Cloudflare. Run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID.",
    );
  }
  if (accounts.length > 1 && !process.env.CLOUDFLARE_ACCOUNT_ID) {
    const list = accounts.map(({ id, name }) => `  ${id}  ${name}`).join("\n");
    throw new Complaint(`Set CLOUDFLARE_ACCOUNT_ID to one of your accounts:\n${list}`);
  }
  state.account = email;
  return `that of ${email}`;
}

async function findDatabase(state, { database_name: name, database_id: configured }) {
  if (!PLACEHOLDER_ID.test(configured ?? "")) {
    state.databaseId = configured;
    return `"${name}" is the one that wrangler.jsonc names`;
  }
  state.databaseId = await findDatabaseId(name);
  if (state.databaseId) return `"${name}" is there`;
  await wrangler(["d1", "create", name], { cwd: syncDir });
  state.databaseId = await findDatabaseId(name);
  if (!state.databaseId) throw new Complaint(`The D1 database "${name}" was not created.`);
  state.isNewDatabase = true;
  return `created "${name}"`;
}

export async function findDatabaseId(name) {
  const all = await wranglerJson(["d1", "list", "--json"], { cwd: syncDir });
  return all.find((database) => database.name === name)?.uuid;
}

async function createBuckets(buckets) {
  const created = [];
  for (const name of buckets) {
    try {
      await wrangler(["r2", "bucket", "create", name], { cwd: syncDir });
      created.push(name);
    } catch (error) {
      if (!/already (exists|own)/i.test(error.message)) throw error;
    }
  }
  return created.length === 0 ? "nothing to create" : `created ${created.join(", ")}`;
}

async function findProject(state, { pages, preview }) {
  const { name, productionBranch } = pages;
  const find = async () => {
    const all = await wranglerJson(["pages", "project", "list", "--json"], { cwd: appDir });
    return all.find((project) => project["Project Name"] === name)?.["Project Domains"];
  };
  let domains = await find();
  const isNew = domains === undefined;
  if (isNew) {
    const create = ["pages", "project", "create", name, "--production-branch", productionBranch];
    await wrangler(create, { cwd: appDir });
    domains = await find();
  }
  if (!domains) throw new Complaint(`The Pages project "${name}" has no address.`);
  state.appOrigins = domains
    .split(", ")
    // A branch has an address beside the project's own, not beside domains of yours.
    .filter((domain) => preview === undefined || domain.endsWith(".pages.dev"))
    .map((domain) => `https://${preview === undefined ? "" : `${preview}.`}${domain}`);
  return `${isNew ? "created" : "there is"} "${name}", ${state.appOrigins.join(", ")}`;
}

async function checkSchema(state, target) {
  const { database, deployConfig, preview } = target;
  writeDeployConfig(state, target);
  if (state.isNewDatabase) return "a new database, nothing is in the way";
  const { plannedChanges } = await importBundled("apps/sync/src/planned-changes.ts");
  const read = async (command) => {
    const flags = ["--remote", "--json", "--config", deployConfig, "--command", command];
    const answers = await wranglerJson(["d1", "execute", database.database_name, ...flags], {
      cwd: syncDir,
    });
    return answers.map(({ results }) => results);
  };
  try {
    const changes = await plannedChanges(read);
    return changes.length === 0 ? "as it should be" : `to be added: ${changes.join(", ")}`;
  } catch (error) {
    if (error.code !== "migration-refused") throw error;
    const advice = preview
      ? `\`npm run deploy -- --preview ${preview} --remove\` lets it begin anew.`
      : "See runMigrations() in libs/plasma-server/README.md.";
    throw new Complaint(
      `The database needs a migration before this version of the worker:\n${error.message}\n${advice} Nothing was deployed.`,
    );
  }
}

/** The worker's configuration with what is known only now. `main` is seen from where it lies. */
function writeDeployConfig({ databaseId, appOrigins }, { worker, isDemo, deployConfig }) {
  const { $schema: _schema, ...config } = worker;
  const configured = config.vars.APP_ORIGINS.split(",").filter(
    (origin) => origin !== "" && !/^https?:\/\/(localhost|127\.)/.test(origin.trim()),
  );
  mkdirSync(join(deployConfig, ".."), { recursive: true });
  writeFileSync(
    deployConfig,
    JSON.stringify({
      ...config,
      main: join("..", config.main),
      vars: {
        ...config.vars,
        APP_ORIGINS: [...new Set([...configured, ...appOrigins])].join(","),
        DEMO: String(isDemo),
      },
      d1_databases: config.d1_databases.map((database) => ({
        ...database,
        database_id: databaseId,
      })),
    }),
  );
}

async function findSecrets(state, worker) {
  const list = ["secret", "list", "--name", worker, "--format", "json"];
  const known = await wranglerJson(list, { cwd: syncDir }).catch((error) => {
    // There is no such worker yet.
    if (/10007|does not exist|not found/i.test(error.message)) return [];
    throw error;
  });
  state.missingSecrets = SECRETS.filter((name) => !known.some((secret) => secret.name === name));
  return state.missingSecrets.length === 0
    ? "all there"
    : `to be set with the worker: ${state.missingSecrets.join(", ")}`;
}

async function deployWorker(state, { deployConfig, deployedFile, ownSyncUrl }) {
  const folder = mkdtempSync(join(tmpdir(), "plasma-secrets-"));
  try {
    const args = ["deploy", "--config", deployConfig];
    if (state.missingSecrets.length > 0) {
      const file = join(folder, "secrets.json");
      const secrets = state.missingSecrets.map((name) => [
        name,
        randomBytes(48).toString("base64"),
      ]);
      writeFileSync(file, JSON.stringify(Object.fromEntries(secrets)), { mode: 0o600 });
      args.push("--secrets-file", file);
    }
    const [deployed] = await wranglerReport("deploy", args, { cwd: syncDir });
    const address = deployed?.targets?.find((target) => target.startsWith("https://"));
    const own = process.env[ownSyncUrl];
    state.syncUrl = own ?? address;
    if (!state.syncUrl) {
      throw new Complaint(
        `The worker was deployed, but has no address of its own. Set ${ownSyncUrl} to the one that you gave it, and run this again.`,
      );
    }
    if (!own) writeFileSync(deployedFile, JSON.stringify({ syncUrl: state.syncUrl }));
    return state.syncUrl;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeTables({ syncUrl }) {
  // A new address of workers.dev takes a while to be known everywhere.
  const healthy = await waitForHttp(`${syncUrl}/health`, {
    timeoutMs: HEALTH_TIMEOUT_MS,
    accept: ({ ok }) => ok,
  });
  if (healthy) return "the worker is well";
  throw new Complaint(
    `The worker does not answer at ${syncUrl}/health. \`npx wrangler tail\` in apps/sync shows its log.`,
  );
}

async function buildApp(state, { deployedFile, ownSyncUrl }) {
  state.syncUrl ??= process.env[ownSyncUrl] ?? lastSyncUrl(deployedFile);
  if (!state.syncUrl) {
    throw new Complaint(
      `The app needs the address of its worker. Deploy that first (\`npx nx deploy sync\`), or set ${ownSyncUrl}.`,
    );
  }
  await buildPages({ syncUrl: state.syncUrl });
  return `for ${state.syncUrl}`;
}

function lastSyncUrl(deployedFile) {
  try {
    return JSON.parse(readFileSync(deployedFile, "utf8")).syncUrl;
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function uploadApp(state, { name, branch }) {
  const target = ["--project-name", name, "--branch", branch, "--commit-dirty=true"];
  await wrangler(["pages", "deploy", pagesDir, ...target], { cwd: appDir });
  [state.appUrl] = state.appOrigins;
  return state.appUrl;
}
