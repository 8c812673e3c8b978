/** What a pull reads, as D1 counts it: as much as has changed, however large the tables are. */

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
import { describe, expect, it } from "vitest";
import type { Engine } from "../engine.ts";
import { runtimePlatform } from "../platform.ts";
import { createStandingMemory } from "../push/standing-memory.ts";
import { createOwedAttempts } from "../owed-attempts.ts";
import { pull } from "./pull.ts";
import { ensureSchema } from "../schema/ensure-schema.ts";
import { fromD1 } from "../sql/d1.ts";
import type { D1Like } from "../sql/d1.ts";
import { emptyDatabase } from "../testing/d1-database.ts";

const nobody = { read: () => or() };
const orgs = table("orgs", { id: id(), admin: text() }, { auth: nobody });
const members = table(
  "members",
  { id: id(), org: ref(() => orgs.id), person: text() },
  { auth: nobody },
);
const projects = table(
  "projects",
  { id: id(), org: ref(() => orgs.id), title: text() },
  { auth: nobody },
);
const todos = table(
  "todos",
  { id: id(), project: ref(() => projects.id), title: text() },
  {
    auth: {
      read: (ctx: { readonly me: string }, todo): Condition =>
        exists(
          select()
            .from(projects)
            .innerJoin(members, eq(members.org, projects.org))
            .where(and(eq(projects.id, todo.project), eq(members.person, ctx.me))),
        ),
    },
  },
);

/** `size` todos in 50 projects of 10 organisations, and ada, who is a member of none. */
async function world(size: number) {
  const schema = defineSchema({ orgs, members, projects, todos });
  const database = await emptyDatabase();
  const counted = countingReads(database);
  const executor = fromD1(counted.database);
  await ensureSchema({ schema, executor });
  const fill = (rows: number, insert: string) =>
    `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows - 1}) ${insert}`;
  for (const statement of [
    fill(10, "INSERT INTO orgs (id, admin) SELECT 'o' || i, 'nobody' FROM n"),
    fill(50, "INSERT INTO projects (id, org, title) SELECT 'p' || i, 'o' || (i % 10), '' FROM n"),
    fill(
      size,
      "INSERT INTO todos (id, project, title) SELECT 't' || i, 'p' || (i % 50), '' FROM n",
    ),
    "ANALYZE",
  ]) {
    await database.prepare(statement).run();
  }
  const engine: Engine = {
    schema,
    executor,
    mutators: {},
    policy: { default: "deny" },
    mutatorTimeoutMs: 5000,
    quarantine: { attempts: 1, afterMs: 0 },
    platform: runtimePlatform(),
    standings: createStandingMemory(),
    owedAttempts: createOwedAttempts(),
    report: () => undefined,
  };
  let cookie: string | null = null;
  return {
    write: (statement: string) => database.prepare(statement).run(),
    pull: async () => {
      counted.reset();
      const answer = await pull(
        engine,
        { clientGroupID: "g", clientID: "c", principal: "ada", ctx: { me: "ada" } },
        {
          protocolVersion: 1,
          schemaVersion: "1",
          clientGroupID: "g",
          clientID: "c",
          cookie,
          limit: 1000,
          clients: [{ clientID: "c", confirmed: 0 }],
        },
      );
      ({ cookie } = answer);
      return { operations: answer.patch.length, ...counted.counts() };
    },
  };
}

function countingReads(database: D1Database) {
  const counts = { read: 0, written: 0, batches: 0 };
  const counting: D1Like = {
    prepare: (statement) => database.prepare(statement) as never,
    batch: async (statements) => {
      const results = await database.batch(statements as never);
      counts.batches++;
      for (const { meta } of results) {
        counts.read += meta.rows_read;
        counts.written += meta.rows_written;
      }
      return results;
    },
  };
  return {
    database: counting,
    counts: () => ({ ...counts }),
    reset: () => Object.assign(counts, { read: 0, written: 0, batches: 0 }),
  };
}

describe("a pull", () => {
  it("that finds nothing new reads a handful of rows, in one batch", async () => {
    const { pull: next } = await world(2000);
    await next();
    const { read, ...rest } = await next();
    expect(rest).toEqual({ operations: 0, written: 0, batches: 1 });
    expect(read).toBeLessThanOrEqual(10);
  });

  it("reads the same for the same change, however many rows there are", async () => {
    const reads: number[][] = [];
    for (const size of [500, 2000]) {
      const { pull: next, write } = await world(size);
      await next();
      const after = async (statement: string) => {
        await write(statement);
        return next();
      };
      const answers = [
        await after("INSERT INTO members (id, org, person) VALUES ('m', 'o7', 'bob')"),
        await after("UPDATE todos SET title = 'mine' WHERE id = 't7'"),
        await after("UPDATE projects SET title = 'renamed' WHERE id = 'p7'"),
        await after("UPDATE projects SET title = 'renamed'"),
        await after("DELETE FROM members WHERE id = 'm'"),
      ];
      expect(answers.every(({ operations, written }) => operations + written === 0)).toBe(true);
      reads.push(answers.map(({ read }) => read));
    }
    expect(reads[1]).toEqual(reads[0]);
  });

  it("reads about as many rows as a membership brings into sight", async () => {
    const { pull: next, write } = await world(2000);
    await next();
    await write("INSERT INTO members (id, org, person) VALUES ('m', 'o7', 'ada')");
    const granted = await next();
    expect(granted).toMatchObject({ operations: 200, written: 0 });
    await write("UPDATE todos SET title = 'mine' WHERE id = 't7'");
    const changed = await next();
    expect(changed).toMatchObject({ operations: 1, written: 0 });
    await write("DELETE FROM members WHERE id = 'm'");
    const revoked = await next();
    expect(revoked).toMatchObject({ operations: 200, written: 0 });
    expect(granted.read).toBeLessThan(200 * 30);
    expect(revoked.read).toBeLessThan(200 * 30);
    expect(changed.read).toBeLessThan(200);
  });
});
