/**
 * `npm run release`: publishes each package whose version the registry does not have yet.
 *
 *   npm run release               builds and publishes; npm asks who you are
 *   npm run release -- --check    only says what is not published yet (on GitHub also to later steps: `unpublished`)
 *   npm run release -- --from DIR publishes the tarballs that lie there; needs nothing installed
 *
 * It can be run again after it was interrupted: what is there already is left alone.
 */
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { Complaint, runMain } from "../scripts/complaint.mjs";
import { ensureInstalled, repoRoot } from "../scripts/setup.mjs";
import { packAll, packagesDirectory } from "./pack.mjs";
import { publishedPackages } from "./workspace-packages.mjs";

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      check: { type: "boolean", default: false },
      from: { type: "string" },
    },
  });
  const waiting = publishedPackages().filter((one) => !isPublished(one));
  if (values.check) return tell(waiting);
  if (waiting.length === 0) return console.log("Everything is published already.");
  if (values.from === undefined) {
    ensureInstalled();
    await packAll();
  }
  const directory = values.from ?? packagesDirectory;
  const tarballs = waiting.map((one) => tarballOf(one, directory));
  for (const tarball of tarballs) npm(["publish", tarball], { stdio: "inherit" });
  console.log(`Published: ${waiting.map(versioned).join(", ")}`);
});

function tell(waiting) {
  console.log(
    waiting.length === 0
      ? "Everything is published already."
      : `Not published yet: ${waiting.map(versioned).join(", ")}`,
  );
  const output = process.env.GITHUB_OUTPUT;
  if (output) appendFileSync(output, `unpublished=${waiting.length > 0}\n`);
}

function isPublished(one) {
  const { status, stdout, stderr } = npm(["view", versioned(one), "version", "--json"], {
    mayFail: true,
  });
  // A version that is missing prints nothing, a package that is missing fails.
  if (status === 0) return stdout.trim() !== "";
  if (/E404/.test(stdout + stderr)) return false;
  throw new Complaint(`The registry does not say whether it has ${versioned(one)}:\n${stderr}`);
}

function tarballOf({ name, manifest }, directory) {
  const file = `${name.replace("@", "").replace("/", "-")}-${manifest.version}.tgz`;
  const tarball = resolve(directory, file);
  if (existsSync(tarball)) return tarball;
  throw new Complaint(
    `There is no ${tarball}. \`npm run build:packages\` makes it in dist/packages.`,
  );
}

function versioned({ name, manifest }) {
  return `${name}@${manifest.version}`;
}

function npm(args, { mayFail = false, stdio = "pipe" } = {}) {
  const ended = spawnSync("npm", args, {
    cwd: repoRoot,
    encoding: "utf8",
    stdio,
    shell: process.platform === "win32",
  });
  if (ended.status !== 0 && !mayFail) {
    throw new Complaint(`\`npm ${args.join(" ")}\` failed. ${ended.stderr ?? ""}`);
  }
  return ended;
}
