/** Deployments by the real wrangler: without an account or a network, and to a stand-in for Cloudflare's API. */

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { startCloudflareApi } from "./cloudflare-api.fixture.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TIMEOUT = 120_000;
/** Nothing listens there: whoever asks the network fails. */
const NO_NETWORK = {
  HTTP_PROXY: "http://127.0.0.1:9",
  HTTPS_PROXY: "http://127.0.0.1:9",
  CLOUDFLARE_API_TOKEN: "",
};

interface Ended {
  readonly code: number;
  readonly output: string;
}

function deploy(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  const { NODE_OPTIONS: _options, VITEST: _vitest, ...own } = process.env;
  return new Promise((resolve) => {
    const command = ["tools/scripts/deploy.mjs", ...args];
    const options = { cwd: ROOT, env: { ...own, ...env } };
    const child = execFile(process.execPath, command, options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? 1, output: stdout + stderr }),
    );
  });
}

describe("npm run deploy -- --dry-run", () => {
  it(
    "lists each step and what would be created, without an account and without a network",
    { timeout: TIMEOUT },
    async () => {
      const { code, output } = await deploy(["--dry-run"], NO_NETWORK);
      expect(output).toContain("Dry run: nothing was created, changed or sent.");
      expect(code).toBe(0);
      const steps = [...output.matchAll(/^ ?\d+\. (\w+)/gm)].map(([, name]) => name);
      expect(steps).toEqual([
        ...["Account", "Database", "Files", "Project", "Schema", "Secrets"],
        ...["Worker", "Tables", "Build", "App"],
      ]);
      for (const created of [
        'D1 database "plasma"',
        'Pages project "plasma-todo"',
        'Worker "plasma-sync"',
        "secret SESSION_SECRET of the worker",
        "Durable Object SyncCoordinator",
      ])
        expect(output).toContain(`  - ${created}`);
      expect(output).toMatch(/The worker bundles: [\d.]+ KiB/);
    },
  );

  it(
    "names nothing of the app's for a preview but its Pages project",
    { timeout: TIMEOUT },
    async () => {
      const { code, output } = await deploy(["--dry-run", "--preview", "pr-12"], NO_NETWORK);
      expect(code).toBe(0);
      const [, created = ""] = output.split("What would be created");
      expect([...created.matchAll(/"(.*)"/g)].map(([, name]) => name)).toEqual([
        ...["plasma-pr-12", "plasma-todo", "plasma-sync-pr-12"],
      ]);
      expect(output).toContain("--branch pr-12");
      expect(created).not.toContain("cron");
    },
  );

  it("says which previews there can be", { timeout: TIMEOUT }, async () => {
    const refusals = [
      [["--preview", "main"], 'a name such as pr-12, not "main"'],
      [["--preview", "Feature/x"], 'a name such as pr-12, not "Feature/x"'],
      [["--remove"], "name it with --preview"],
    ] as const;
    for (const [args, sentence] of refusals) {
      const { code, output } = await deploy(["--dry-run", ...args], NO_NETWORK);
      expect([code, output]).toEqual([1, expect.stringContaining(sentence)]);
    }
  });

  it(
    "is told of one part alone, and refuses a part that is none",
    { timeout: TIMEOUT },
    async () => {
      const { output } = await deploy(["--dry-run", "--only", "todo"], NO_NETWORK);
      expect(output).toContain('Pages project "plasma-todo"');
      expect(output).not.toContain("D1");
      const wrong = await deploy(["--only", "nothing"], NO_NETWORK);
      expect([wrong.code, wrong.output]).toEqual([1, expect.stringContaining("--only takes sync")]);
    },
  );
});

describe("npm run deploy", () => {
  let api: Awaited<ReturnType<typeof startCloudflareApi>>;
  beforeEach(async () => {
    api = await startCloudflareApi();
  });
  afterEach(() => api.close());
  const created = () =>
    api.account.requests.filter((request: string) => /^POST .*(database|projects)$/.test(request));
  /** What the worker was uploaded with, by name. */
  const bindings = (worker = "plasma-sync"): Record<string, unknown> => {
    const uploaded = api.account.workers.get(worker);
    const [, metadata = "{}"] = /name="metadata"\s+(\{.*\})/.exec(uploaded ?? "") ?? [];
    return Object.fromEntries(
      JSON.parse(metadata).bindings.map((binding: { name: string }) => [binding.name, binding]),
    );
  };

  it("says what to do without an account", async () => {
    const { code, output } = await deploy([], { ...NO_NETWORK, HOME: "/nowhere" });
    expect([code, output]).toEqual([1, expect.stringContaining("npx wrangler login")]);
  });

  it(
    "creates what is missing, deploys the worker with its secret and the app's address, and creates nothing twice",
    { timeout: TIMEOUT },
    async () => {
      const first = await deploy(["--only", "sync"], api.env);
      expect(first.output).toContain("the worker is well");
      expect(first.code).toBe(0);
      expect(created()).toEqual(["POST /d1/database", "POST /pages/projects"]);
      const bound = bindings();
      expect(bound["APP_ORIGINS"]).toMatchObject({ text: "https://plasma-todo-4nz.pages.dev" });
      expect(bound["DB"]).toMatchObject({ id: "11111111-2222-4333-8444-555555555555" });
      expect(bound["DEMO"]).toMatchObject({ text: "false" });
      expect(bound["SESSION_SECRET"]).toMatchObject({
        type: "secret_text",
        text: expect.stringMatching(/^[\w+/]{64}$/),
      });

      const second = await deploy(["--only", "sync", "--demo"], api.env);
      expect(second.output).toMatch(/to be added: .*table "users"/);
      expect(second.code).toBe(0);
      expect(created()).toHaveLength(2);
      expect(bindings()["DEMO"]).toMatchObject({ text: "true" });
      // Cloudflare keeps the one that there is.
      expect(bindings()).not.toHaveProperty("SESSION_SECRET");
    },
  );

  it(
    "deploys nothing where the database would need more than additions",
    { timeout: TIMEOUT },
    async () => {
      api.account.databases.push({ name: "plasma", uuid: "11111111-2222-4333-8444-555555555555" });
      api.account.d1.exec("CREATE TABLE users (id TEXT)");
      const { code, output } = await deploy(["--only", "sync"], api.env);
      expect([code, output]).toEqual([1, expect.stringContaining("needs a migration before")]);
      expect(output).toContain('already has a table "users" that plasma did not make');
      expect(api.account.workers.size).toBe(0);
    },
  );

  it(
    "makes a preview with a worker and a database of its own, and takes it away again",
    { timeout: 2 * TIMEOUT },
    async () => {
      const { PLASMA_SYNC_URL: address = "", ...account } = api.env;
      // The app's own worker has nothing to do with its previews.
      const env = { ...account, PLASMA_SYNC_URL: "", PLASMA_PREVIEW_SYNC_URL: address };
      api.account.databases.push({ name: "plasma", uuid: "11111111-2222-4333-8444-000000000000" });
      api.account.workers.set("plasma-sync", "the app's");
      const folder = mkdtempSync(join(tmpdir(), "plasma-outputs-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const outputs = join(folder, "github-output");
      const made = await deploy(["--preview", "pr-12", "--only", "sync"], {
        ...env,
        GITHUB_OUTPUT: outputs,
      });
      expect(made.output).toContain("the worker is well");
      expect(made.code).toBe(0);
      expect(readFileSync(outputs, "utf8")).toBe(`sync_url=${address}\n`);
      const bound = bindings("plasma-sync-pr-12");
      expect(bound["APP_ORIGINS"]).toMatchObject({
        text: "https://pr-12.plasma-todo-4nz.pages.dev",
      });
      expect(bound["DB"]).toMatchObject({ id: "11111111-2222-4333-8444-555555555556" });
      expect(bound["DEMO"]).toMatchObject({ text: "true" });
      expect(bound["SESSION_SECRET"]).toMatchObject({ type: "secret_text" });
      expect(api.account.requests.filter((request: string) => /schedules/.test(request))).toEqual(
        [],
      );

      api.account.deployments.push(uploadOf("pr-12", "of-this"), uploadOf("pr-1", "of-another"));
      const removed = await deploy(["--preview", "pr-12", "--remove"], env);
      expect(removed.output).toContain("App …\n      deleted 1");
      expect(removed.code).toBe(0);
      const { databases, workers, deployments } = api.account;
      expect(databases.map(({ name }: { name: string }) => name)).toEqual(["plasma"]);
      expect([...workers]).toEqual([["plasma-sync", "the app's"]]);
      expect(deployments.map(({ id }: { id: string }) => id)).toEqual(["of-another"]);

      const again = await deploy(["--preview", "pr-12", "--remove"], env);
      expect(again.output).toMatch(/gone already[^]*gone already[^]*deleted 0/);
      expect(again.code).toBe(0);
    },
  );
});

/** A deployment as Pages lists it. */
function uploadOf(branch: string, id: string) {
  return {
    id,
    environment: "preview",
    deployment_trigger: { metadata: { branch, commit_hash: "0123456789" } },
    latest_stage: { ended_on: "2026-04-01T00:00:00Z", status: "success" },
    url: `https://${id}.plasma-todo-4nz.pages.dev`,
    project_name: "plasma-todo",
  };
}
