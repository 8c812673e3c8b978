/** What the workflows of GitHub may do, and what they call. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { repoRoot } from "./setup.mjs";

interface Job {
  readonly permissions?: Record<string, string>;
  readonly "timeout-minutes"?: number;
  readonly steps: readonly {
    readonly uses?: string;
    readonly run?: string;
    readonly env?: Record<string, string>;
  }[];
}

interface Workflow {
  readonly on: Record<string, unknown>;
  readonly permissions?: Record<string, string>;
  readonly jobs: Record<string, Job>;
}

const folder = join(repoRoot, ".github", "workflows");
const workflows = readdirSync(folder).map((file): [string, Workflow] => [
  file,
  parse(readFileSync(join(folder, file), "utf8")),
]);
const { scripts } = JSON.parse(readFileSync(join(repoRoot, "package.json"), "utf8"));

describe.each(workflows)("%s", (_file, workflow) => {
  const jobs = Object.entries(workflow.jobs);
  const steps = jobs.flatMap(([, job]) => job.steps);

  it("may write nothing that a job does not ask for, and ends", () => {
    const everywhere = Object.values(workflow.permissions ?? { all: "not limited" });
    expect(everywhere.filter((access) => access !== "read")).toEqual([]);
    for (const [name, job] of jobs) expect([name, job["timeout-minutes"]]).not.toContain(undefined);
  });

  it("has a version of each action, and of those that are not GitHub's own an exact one", () => {
    const uses = steps.flatMap((step) => step.uses ?? []);
    expect(uses.filter((action) => !/^actions\/[\w-]+@v\d+|@v\d+\.\d+\.\d+$/.test(action))).toEqual(
      [],
    );
  });

  it("never runs what a stranger sent with rights of ours", () => {
    expect(Object.keys(workflow.on)).not.toContain("pull_request_target");
    // An expression in a script is pasted into it before the shell reads it.
    const pasted = steps.filter(({ run }) =>
      /\$\{\{\s*(github\.event|github\.head_ref)/.test(run ?? ""),
    );
    expect(pasted).toEqual([]);
  });

  it("calls scripts that there are", () => {
    const commands = steps.flatMap((step) => step.run ?? []).join("\n");
    const called = [...commands.matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name);
    expect(called.filter((name) => !(name in scripts))).toEqual([]);
    const files = [...commands.matchAll(/(?:node|bash) ([\w./-]+\/[\w./-]+)/g)].map(
      ([, file = ""]) => file,
    );
    expect(files.filter((file) => !existsSync(join(repoRoot, file)))).toEqual([]);
  });
});
