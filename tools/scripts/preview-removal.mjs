/** The steps that take a preview away again, in their order. What is gone already is passed over. */
import { accountStep, findDatabaseId } from "./deployment.mjs";
import { appDir, syncDir } from "./deployment-target.mjs";
import { wrangler, wranglerJson } from "./wrangler.mjs";

/**
 * @param {import("./deployment-target.mjs").Target} target
 * @returns {import("./deployment.mjs").Step[]}
 */
export function removalSteps({ preview, worker, database, buckets, pages }) {
  const { database_name: databaseName } = database;
  return [
    accountStep,
    {
      part: "sync",
      name: "Worker",
      does: `Deletes the worker "${worker.name}", and its Durable Objects with it.`,
      commands: [`wrangler delete --name ${worker.name} --force`],
      creates: [],
      run: () => deleteWorker(worker.name),
    },
    {
      part: "sync",
      name: "Database",
      does: `Deletes the D1 database "${databaseName}".`,
      commands: [`wrangler d1 delete ${databaseName} --skip-confirmation`],
      creates: [],
      run: () => deleteDatabase(databaseName),
    },
    {
      part: "sync",
      name: "Files",
      does:
        buckets.length === 0
          ? "Nothing: the worker has no R2 bucket."
          : `Deletes the R2 buckets that are empty: ${buckets.join(", ")}.`,
      commands: buckets.map((name) => `wrangler r2 bucket delete ${name}`),
      creates: [],
      run: () => deleteBuckets(buckets),
    },
    {
      part: "todo",
      name: "App",
      does: `Deletes what was uploaded for the branch "${preview}" of the Pages project "${pages.name}".`,
      commands: [
        `wrangler pages deployment list --project-name ${pages.name} --environment preview --json`,
        `wrangler pages deployment delete ID --project-name ${pages.name} --force`,
      ],
      creates: [],
      run: () => deleteUploads(pages),
    },
  ];
}

async function deleteWorker(name) {
  try {
    await wrangler(["delete", "--name", name, "--force"], { cwd: syncDir });
    return "deleted";
  } catch (error) {
    if (/10007|10090|does not exist|not found/i.test(error.message)) return "it is gone already";
    throw error;
  }
}

async function deleteDatabase(name) {
  if (!(await findDatabaseId(name))) return "it is gone already";
  await wrangler(["d1", "delete", name, "--skip-confirmation"], { cwd: syncDir });
  return "deleted";
}

async function deleteBuckets(buckets) {
  const left = [];
  for (const name of buckets) {
    try {
      await wrangler(["r2", "bucket", "delete", name], { cwd: syncDir });
    } catch (error) {
      if (/not empty/i.test(error.message)) left.push(name);
      else if (!/does not exist|not found/i.test(error.message)) throw error;
    }
  }
  return left.length === 0 ? "deleted" : `not empty, and left for you: ${left.join(", ")}`;
}

async function deleteUploads({ name, branch }) {
  const project = ["--project-name", name];
  const list = ["pages", "deployment", "list", ...project, "--environment", "preview", "--json"];
  const all = await wranglerJson(list, { cwd: appDir });
  const ours = all.filter((deployment) => deployment.Branch === branch);
  for (const { Id } of ours) {
    await wrangler(["pages", "deployment", "delete", Id, ...project, "--force"], { cwd: appDir });
  }
  return `deleted ${ours.length}`;
}
