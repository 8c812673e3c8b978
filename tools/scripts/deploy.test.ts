/** Deployments by the real wrangler: without an account or a network, and to a stand-in for Cloudflare's API. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

describe("npm run deploy -- --only sync", () => {
  let api: Awaited<ReturnType<typeof startCloudflareApi>>;
  beforeEach(async () => {
    api = await startCloudflareApi();
  });
  afterEach(() => api.close());
  const created = () =>
    api.account.requests.filter((request: string) => /^POST .*(database|projects)$/.test(request));
  /** What the worker was uploaded with, by name. */
  const bindings = (): Record<string, unknown> => {
    const [, metadata = "{}"] = /name="metadata"\s+(\{.*\})/.exec(api.account.worker) ?? [];
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
      expect(api.account.worker).toBeUndefined();
    },
  );
});
