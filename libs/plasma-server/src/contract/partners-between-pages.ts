/**
 * A row in the middle of a nested rule changes while the pages of a pull are fetched. Todos are seen through the project's
 * organisation; first the membership is granted, and after the first page the project moves away.
 */

import {
  and,
  defineSchema,
  eq,
  exists,
  id,
  or,
  ref,
  select,
  table,
  text,
} from "@sh1n4ps/plasma-core";
import type { Condition } from "@sh1n4ps/plasma-core";
import { createStandingMemory } from "../push/standing-memory.ts";
import { createOwedAttempts } from "../owed-attempts.ts";
import { runtimePlatform } from "../platform.ts";
import { pull } from "../pull/pull.ts";
import { ensureSchema } from "../schema/ensure-schema.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import type { Person } from "./random-history.ts";

const open = { read: () => or() };
const members = table("members", { id: id(), org: text(), person: text() }, { auth: open });
const projects = table("projects", { id: id(), org: text() }, { auth: open, indexes: [["org"]] });
const todos = table(
  "todos",
  { id: id(), project: ref(() => projects.id) },
  {
    auth: {
      read: (ctx, todo): Condition =>
        exists(
          select()
            .from(projects)
            .where(
              and(
                eq(projects.id, todo.project),
                exists(
                  select()
                    .from(members)
                    .where(
                      and(eq(members.org, projects.org), eq(members.person, (ctx as Person).me)),
                    ),
                ),
              ),
            ),
        ),
    },
  },
);

/** The ids of the todos that all pages together bring, and those that the next pull takes away. */
export async function partnersBetweenPages(
  executor: SqlExecutor,
): Promise<{ readonly brought: readonly string[]; readonly taken: readonly string[] }> {
  const schema = defineSchema({ members, projects, todos });
  await ensureSchema({ schema, executor });
  const run = (statement: string) => executor.run({ text: statement, params: [] });
  await run(`INSERT INTO projects (id, org) VALUES ('p', 'here')`);
  for (const todo of ["1", "2", "3", "4", "5"]) {
    await run(`INSERT INTO todos (id, project) VALUES ('${todo}', 'p')`);
  }
  let cookie: string | null = null;
  const named = { put: [] as string[], del: [] as string[] };
  const page = async (): Promise<boolean> => {
    const answer = await pull(
      {
        schema,
        executor,
        mutators: {},
        policy: { default: "deny" },
        mutatorTimeoutMs: 5000,
        quarantine: { attempts: 1, afterMs: 0 },
        standings: createStandingMemory(),
        owedAttempts: createOwedAttempts(),
        platform: runtimePlatform(),
        report: () => undefined,
      },
      { clientGroupID: "g", clientID: "c", principal: "p", ctx: { me: "ada" } },
      {
        protocolVersion: 1,
        schemaVersion: "1",
        clientGroupID: "g",
        clientID: "c",
        cookie,
        limit: 2,
        clients: [],
      },
    );
    for (const operation of answer.patch) {
      if (operation.op === "put") named.put.push(String(operation.row["id"]));
      if (operation.op === "del") named.del.push(operation.id);
    }
    ({ cookie } = answer);
    return answer.hasMore;
  };
  await page();
  await run(`INSERT INTO members (id, org, person) VALUES ('m', 'here', 'ada')`);
  let hasMore = await page();
  await run(`UPDATE projects SET org = 'there'`);
  while (hasMore) hasMore = await page();
  const brought = named.put.splice(0);
  do hasMore = await page();
  while (hasMore);
  return { brought, taken: named.del };
}
