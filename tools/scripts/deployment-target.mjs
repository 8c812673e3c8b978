/**
 * What is deployed, and under which names: the app, or a preview of it.
 *
 * A preview is a Worker and a database of its own, named like the app's and after the preview, and a branch of the app's
 * Pages project. It takes no domains, no cron triggers and no data of the app, and everybody may sign in as one of the
 * demo's people.
 */
import { join } from "node:path";
import { Complaint } from "./complaint.mjs";
import { readJsonc } from "./jsonc.mjs";
import { repoRoot } from "./setup.mjs";

export const syncDir = join(repoRoot, "apps", "sync");
export const appDir = join(repoRoot, "apps", "todo");

const PRODUCTION_BRANCH = "main";
/** Pages shortens and rewrites all others for their address. */
const PREVIEW_NAME = /^[a-z](?:[a-z0-9-]{0,26}[a-z0-9])?$/;

/**
 * @typedef {object} Target
 * @property {string | undefined} preview
 * @property {any} worker The configuration of the worker.
 * @property {any} database The entry of its D1 database there.
 * @property {string[]} buckets
 * @property {{ name: string, branch: string, productionBranch: string }} pages
 * @property {boolean} isDemo
 * @property {string} ownSyncUrl Names the variable with the worker's address, if it has one of its own.
 * @property {string} deployConfig Wrangler's own folder, which git does not see.
 * @property {string} deployedFile
 */

/**
 * @param {{ demo?: boolean, preview?: string }} options
 * @returns {Target}
 */
export function deploymentTarget({ demo = false, preview }) {
  const configured = readJsonc(join(syncDir, "wrangler.jsonc"));
  const worker = preview === undefined ? configured : previewOf(configured, checked(preview));
  const { name } = readJsonc(join(appDir, "wrangler.jsonc"));
  const suffix = preview === undefined ? "" : `-${preview}`;
  return {
    preview,
    worker,
    database: worker.d1_databases[0],
    buckets: (worker.r2_buckets ?? []).map(({ bucket_name: bucket }) => bucket),
    pages: { name, branch: preview ?? PRODUCTION_BRANCH, productionBranch: PRODUCTION_BRANCH },
    isDemo: demo || preview !== undefined || worker.vars.DEMO === "true",
    ownSyncUrl: preview === undefined ? "PLASMA_SYNC_URL" : "PLASMA_PREVIEW_SYNC_URL",
    deployConfig: join(syncDir, ".wrangler", `plasma-deploy${suffix}.json`),
    deployedFile: join(syncDir, ".wrangler", `plasma-deployed${suffix}.json`),
  };
}

function checked(preview) {
  if (PREVIEW_NAME.test(preview) && preview !== PRODUCTION_BRANCH) return preview;
  throw new Complaint(
    `--preview takes a name such as pr-12, not "${preview}": up to 28 small letters, digits and hyphens, not "${PRODUCTION_BRANCH}".`,
  );
}

function previewOf({ route: _route, routes: _routes, triggers: _triggers, ...worker }, preview) {
  return {
    ...worker,
    name: `${worker.name}-${preview}`,
    workers_dev: true,
    vars: { ...worker.vars, APP_ORIGINS: "" },
    d1_databases: worker.d1_databases.map(({ database_id: _id, ...database }) => ({
      ...database,
      database_name: `${database.database_name}-${preview}`,
    })),
    ...(worker.r2_buckets && {
      r2_buckets: worker.r2_buckets.map((bucket) => ({
        ...bucket,
        bucket_name: `${bucket.bucket_name}-${preview}`,
      })),
    }),
  };
}
