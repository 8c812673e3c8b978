/**
 * `npm run deploy`: the worker and the app on Cloudflare.
 *
 *   npm run deploy -- --dry-run     lists the steps and what they would create; needs no account and no network
 *   npm run deploy -- --only sync   the worker alone (`nx deploy sync`); `--only todo`: the app alone
 *   npm run deploy -- --demo        lets anybody sign in as one of the demo's people
 *   npm run deploy -- --preview pr-12            a preview with a worker and a database of its own, as a demo
 *   npm run deploy -- --preview pr-12 --remove   takes that preview away again
 *
 * What is there already is left as it is, so it can be run again at any time. CLOUDFLARE_API_TOKEN and
 * CLOUDFLARE_ACCOUNT_ID stand in for `wrangler login`; PLASMA_SYNC_URL is the worker's address if it has one of its own
 * (of a preview: PLASMA_PREVIEW_SYNC_URL). On GitHub, later steps get the addresses as `app_url` and `sync_url`.
 */
import { appendFileSync } from "node:fs";
import { runCommand } from "./command-line.mjs";
import { Complaint } from "./complaint.mjs";
import { endGroupsOnSignal, stopAllGroups } from "./process-group.mjs";
import { ensureInstalled } from "./setup.mjs";

const PARTS = ["sync", "todo"];
const DEMO_HINT =
  "Without --demo nobody can sign in before apps/sync/src/auth.ts and apps/todo/lib/session.ts are yours.";

const spec = {
  command: "npm run deploy",
  does: "Deploys the worker and the app to Cloudflare. What is there already is left as it is.",
  options: {
    "dry-run": {
      type: "boolean",
      default: false,
      does: "Lists the steps and what they would create; needs no account and no network.",
    },
    only: {
      type: "string",
      takes: PARTS.join("|"),
      does: "The worker alone, or the app alone.",
    },
    demo: {
      type: "boolean",
      default: false,
      does: "Lets anybody sign in as one of the demo's people.",
    },
    preview: {
      type: "string",
      takes: "NAME",
      does: "A preview with a worker and a database of its own, as a demo.",
    },
    remove: { type: "boolean", default: false, does: "Takes that preview away again." },
  },
  notes: [
    "CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID stand in for `wrangler login`; PLASMA_SYNC_URL is the worker's\naddress if it has one of its own (of a preview: PLASMA_PREVIEW_SYNC_URL).",
  ],
};

await runCommand(spec, async ({ values }) => {
  const options = checked(values);
  ensureInstalled();
  // What it imports is installed only now.
  const { bundleWorker, deploymentSteps } = await import("./deployment.mjs");
  const { deploymentTarget } = await import("./deployment-target.mjs");
  const { removalSteps } = await import("./preview-removal.mjs");
  const target = deploymentTarget(options);
  const steps = (options.remove ? removalSteps(target) : deploymentSteps(target)).filter(
    ({ part }) => !options.only || part === "both" || part === options.only,
  );
  if (options.dryRun) {
    list(steps);
    const bundles = !options.remove && options.only !== "todo";
    if (bundles) console.log(`\nThe worker bundles: ${await bundleWorker()}`);
    if (!target.isDemo) console.log(`\n${DEMO_HINT}`);
    console.log("\nDry run: nothing was created, changed or sent.");
    return;
  }
  endGroupsOnSignal();
  try {
    await run(steps);
  } finally {
    await stopAllGroups();
  }
});

function checked(values) {
  if (values.only !== undefined && !PARTS.includes(values.only)) {
    throw new Complaint(`--only takes ${PARTS.join(" or ")}, not "${values.only}".`);
  }
  if (values.remove && values.preview === undefined) {
    throw new Complaint("--remove takes a preview away: name it with --preview.");
  }
  const { "dry-run": dryRun, only, demo, preview, remove } = values;
  return { dryRun, only, demo, preview, remove };
}

function list(steps) {
  console.log("What would be done, in this order:\n");
  for (const [index, { name, does, commands }] of steps.entries()) {
    console.log(`${String(index + 1).padStart(2)}. ${name.padEnd(9)} ${does}`);
    for (const command of commands) console.log(`              $ ${command}`);
  }
  const created = steps.flatMap(({ creates }) => creates);
  if (created.length === 0) return;
  console.log("\nWhat would be created where it is missing:\n");
  for (const one of created) console.log(`  - ${one}`);
}

async function run(steps) {
  const state = {};
  for (const [index, step] of steps.entries()) {
    console.log(`${String(index + 1).padStart(2)}/${steps.length} ${step.name} …`);
    console.log(`      ${await step.run(state)}`);
  }
  if (state.syncUrl) console.log(`\nThe worker: ${state.syncUrl}`);
  if (state.appUrl) console.log(`The app:    ${state.appUrl}`);
  const output = process.env.GITHUB_OUTPUT;
  if (!output) return;
  const addresses = { app_url: state.appUrl, sync_url: state.syncUrl };
  for (const [name, url] of Object.entries(addresses)) {
    if (url) appendFileSync(output, `${name}=${url}\n`);
  }
}
