/**
 * `npm run deploy`: the worker and the app on Cloudflare.
 *
 *   npm run deploy -- --dry-run     lists the steps and what they would create; needs no account and no network
 *   npm run deploy -- --only sync   the worker alone (`nx deploy sync`); `--only todo`: the app alone
 *   npm run deploy -- --demo        lets anybody sign in as one of the demo's people
 *
 * What is there already is left as it is, so it can be run again at any time. CLOUDFLARE_API_TOKEN and
 * CLOUDFLARE_ACCOUNT_ID stand in for `wrangler login`; PLASMA_SYNC_URL is the worker's address if it has one of its own.
 */
import { parseArgs } from "node:util";
import { Complaint, runMain } from "./complaint.mjs";
import { endGroupsOnSignal, stopAllGroups } from "./process-group.mjs";
import { ensureInstalled } from "./setup.mjs";

const PARTS = ["sync", "todo"];
const DEMO_HINT =
  "Without --demo nobody can sign in before apps/sync/src/auth.ts and apps/todo/lib/session.ts are yours.";

await runMain(async () => {
  const options = readOptions();
  ensureInstalled();
  // What it imports is installed only now.
  const { bundleWorker, deploymentSteps } = await import("./deployment.mjs");
  const steps = deploymentSteps(options).filter(
    ({ part }) => !options.only || part === "both" || part === options.only,
  );
  if (options.dryRun) {
    list(steps);
    if (options.only !== "todo") console.log(`\nThe worker bundles: ${await bundleWorker()}`);
    if (!options.demo) console.log(`\n${DEMO_HINT}`);
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

function readOptions() {
  const { values } = parseArgs({
    options: {
      "dry-run": { type: "boolean", default: false },
      only: { type: "string" },
      demo: { type: "boolean", default: false },
    },
  });
  if (values.only !== undefined && !PARTS.includes(values.only)) {
    throw new Complaint(`--only takes ${PARTS.join(" or ")}, not "${values.only}".`);
  }
  return { dryRun: values["dry-run"], only: values.only, demo: values.demo };
}

function list(steps) {
  console.log("What would be done, in this order:\n");
  for (const [index, { name, does, commands }] of steps.entries()) {
    console.log(`${String(index + 1).padStart(2)}. ${name.padEnd(9)} ${does}`);
    for (const command of commands) console.log(`              $ ${command}`);
  }
  console.log("\nWhat would be created where it is missing:\n");
  for (const created of steps.flatMap(({ creates }) => creates)) console.log(`  - ${created}`);
}

async function run(steps) {
  const state = {};
  for (const [index, step] of steps.entries()) {
    console.log(`${String(index + 1).padStart(2)}/${steps.length} ${step.name} …`);
    console.log(`      ${await step.run(state)}`);
  }
  if (state.syncUrl) console.log(`\nThe worker: ${state.syncUrl}`);
  if (state.appUrl) console.log(`The app:    ${state.appUrl}`);
}
