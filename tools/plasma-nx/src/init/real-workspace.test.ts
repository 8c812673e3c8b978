/** A workspace that had no plasma has one that works after one command: types, tests, and a worker that serves. */

import { CLIENT_GROUP_ID_HEADER, CLIENT_ID_HEADER, PROTOCOL_VERSION } from "@sh1n4ps/plasma-core";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anyFreePort } from "../../../scripts/ports.mjs";
import { startGroup } from "../../../scripts/process-group.mjs";
import { waitForHttp } from "../../../scripts/wait-for-http.mjs";
import { isAsCloned, ROOT } from "../as-cloned.fixture.ts";
import { MINUTES, runIn } from "../workspace-copy.fixture.ts";

const FILES = {
  "package.json": { name: "acme", private: true, type: "module", dependencies: {} },
  "nx.json": { useDaemonProcess: false, neverConnectToCloud: true, analytics: false },
  ".prettierrc": { printWidth: 100 },
  "tsconfig.base.json": { compilerOptions: { strict: true } },
  "apps/web/project.json": { name: "web", projectType: "application" },
  "apps/web/next.config.mjs": "export default {};\n",
  "apps/web/tsconfig.json": {
    extends: "../../tsconfig.base.json",
    compilerOptions: {
      ...{ target: "es2022", lib: ["dom", "dom.iterable", "esnext"], jsx: "preserve" },
      ...{ module: "esnext", moduleResolution: "bundler", noEmit: true, skipLibCheck: true },
      types: ["node", "react"],
    },
    include: ["**/*.tsx"],
  },
  "apps/web/app/page.tsx": `
import { allNotes } from "@acme/domain";
import type { AppMutators } from "@acme/domain";
import { useLiveQuery, useMutation, usePlasma } from "@sh1n4ps/plasma-react";
import { AppPlasma } from "../plasma/app-plasma";

function Notes() {
  const client = usePlasma();
  const { data } = useLiveQuery((db) => allNotes(db), []);
  const { mutate } = useMutation<AppMutators, "addNote">("addNote");
  return (
    <button onClick={() => void mutate({ id: client?.newId() ?? "", title: "Milk" })}>
      {data.map(({ title }) => title)}
    </button>
  );
}

export default function Page() {
  return (
    <AppPlasma userId="ada">
      <Notes />
    </AppPlasma>
  );
}
`,
};

let directory: string;
const run = (...command: [string, ...string[]]) => runIn(directory, command);

async function makeWorkspace(): Promise<void> {
  directory = await mkdtemp(join(tmpdir(), "plasma-init-"));
  for (const [path, content] of Object.entries(FILES)) {
    await mkdir(join(directory, dirname(path)), { recursive: true });
    const text = typeof content === "string" ? content : JSON.stringify(content, null, 2);
    await writeFile(join(directory, path), text);
  }
  const packages = join(directory, "node_modules");
  await mkdir(packages);
  for (const name of await readdir(join(ROOT, "node_modules"))) {
    // The version that this workspace's own domain has.
    const from = name === "zod" ? "libs/todo-domain/node_modules" : "node_modules";
    await symlink(join(ROOT, from, name), join(packages, name));
  }
}

interface Person {
  push(name: string, args: unknown): Promise<unknown>;
  pull(): Promise<{ patch: { table: string; row: Record<string, unknown> }[] }>;
}

function person(url: string, name: string, token = `dev:${name}`): Person {
  const clientID = `client-of-${name}`;
  let id = 0;
  const post = async <T>(path: string, body: object): Promise<T> => {
    const response = await fetch(`${url}/sync/${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${token}`,
        [CLIENT_ID_HEADER]: clientID,
        [CLIENT_GROUP_ID_HEADER]: name,
      },
      body: JSON.stringify({
        ...{ protocolVersion: PROTOCOL_VERSION, schemaVersion: "1" },
        ...{ clientGroupID: name, clientID, ...body },
      }),
    });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  };
  return {
    push: (mutator, args) => {
      id += 1;
      const mutation = {
        id,
        uid: `mutation-of-${name}-${id}`,
        name: mutator,
        args,
        timestamp: Date.now(),
      };
      return post("push", { confirmed: 0, mutations: [mutation] });
    },
    pull: () => post("pull", { cookie: null, clients: [] }),
  };
}

// Not once more in the copies that other tests of the generators make.
describe.runIf(isAsCloned)("a workspace that gets plasma", () => {
  beforeAll(makeWorkspace, MINUTES);
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it("is told beforehand what would be written, and afterwards what to do next", async () => {
    const init = ["g", "@sh1n4ps/plasma-nx:plasma-init", "--app=web", "--skipInstall"];
    expect(await run("nx", ...init, "--help")).toContain("Adds plasma to a workspace");
    const shown = await run("nx", ...init, "--dry-run");
    expect(shown).toContain("CREATE libs/domain/src/schema.ts");
    expect(shown).toContain("no changes were made");
    const told = await run("nx", ...init);
    expect(told).toContain("CREATE apps/web/plasma/app-plasma.tsx");
    expect(told).toContain("npx nx serve sync");
    await expect(run("nx", ...init)).rejects.toThrow("libs/domain");
  });

  it(
    "takes a further table, and has formatted code, types that fit, and tests that pass",
    { timeout: 3 * MINUTES },
    async () => {
      await run("nx", "g", "@sh1n4ps/plasma-nx:plasma-table", "projects", "name:text");
      await run("prettier", "--check", "libs", "apps/sync", "apps/web/plasma");
      for (const project of ["libs/domain", "apps/sync", "apps/web"]) {
        await run("tsc", "-p", project);
      }
      expect(await run("nx", "test", "domain")).toContain("3 passed");
      expect(await run("nx", "test", "sync")).toContain("2 passed");
    },
  );

  it(
    "serves: who adds a note is sent it, and nobody else is",
    { timeout: 2 * MINUTES },
    async () => {
      const port = await anyFreePort();
      const url = `http://localhost:${port}`;
      // What `nx serve sync` runs, and not by Nx itself: that starts it apart, where it would outlive this test.
      const { targets } = JSON.parse(await run("nx", "show", "project", "sync", "--json")) as {
        targets: { serve: { options: { command: string; cwd: string } } };
      };
      const { command, cwd } = targets.serve.options;
      const server = startGroup({
        name: command,
        command: "npx",
        args: [...command.split(" "), `--port=${port}`],
        cwd: join(directory, cwd),
        env: { CI: "true" },
      });
      try {
        const healthy = await waitForHttp(`${url}/health`, {
          timeoutMs: MINUTES,
          accept: ({ ok }: Response) => ok,
          isAlive: server.isRunning,
        });
        expect(healthy?.status, server.tail()).toBe(200);
        const [ada, grace] = [person(url, "ada"), person(url, "grace")];
        expect(await ada.push("addNote", { id: "n1", title: "Milk" })).toMatchObject({
          results: [{ status: "ok" }],
        });
        const notesOf = async (who: Person) =>
          (await who.pull()).patch.filter(({ table }) => table === "notes").map(({ row }) => row);
        expect(await notesOf(ada)).toEqual([{ id: "n1", title: "Milk", ownerId: "ada" }]);
        expect(await notesOf(grace)).toEqual([]);
        await expect(person(url, "ada", "nonsense").pull()).rejects.toThrow("401");
      } finally {
        await server.stop();
      }
    },
  );
});
