/**
 * `kill -9` of the Node server under load: nothing acknowledged is lost, nothing is doubled. PLASMA_KILLS says how often
 * (`npx nx run plasma-testing:kills` kills 50 times each).
 */

import Database from "better-sqlite3";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { describe, expect, inject, it } from "vitest";
import { killLoop } from "./kill-loop.fixture.ts";
import type { KillReport } from "./kill-loop.fixture.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** See tools/vitest/postgres.ts. */
    postgres: { readonly host: string; readonly user: string; readonly database: string } | null;
  }
}

const KILLS = Number(process.env["PLASMA_KILLS"] ?? 10);
const TIMEOUT_MS = 60_000 + KILLS * 5000;

interface Stored {
  readonly tokens: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  readonly outcomes: number;
}

function expectNothingLostOrDoubled(report: KillReport, stored: Stored): void {
  const { made, midPush, refused, shown } = report;
  const all = [...made.values()].flat();
  console.log(`${report.kills} kills, ${midPush} amid a push, ${all.length} mutations`);
  expect(midPush).toBeGreaterThanOrEqual(KILLS / 2);
  expect(refused).toEqual([]);
  expect(stored.tokens.toSorted()).toEqual(all.toSorted());
  const counts = Object.fromEntries([...made].map(([person, own]) => [person, own.length]));
  expect(stored.counts).toEqual(counts);
  expect(stored.outcomes).toBe(all.length);
  for (const client of shown) expect(client).toEqual({ tokens: all.length, counts });
}

describe(`a Node server that is killed ${KILLS} times`, () => {
  it(
    "loses and doubles nothing on a SQLite file",
    async () => {
      const directory = mkdtempSync(join(tmpdir(), "plasma-kills-"));
      const file = join(directory, "data.sqlite");
      try {
        const report = await killLoop({ database: file, kills: KILLS });
        const database = new Database(file, { readonly: true });
        const column = (query: string) => database.prepare(query).pluck().all() as string[];
        const counters = database.prepare("SELECT id, count FROM counters").raw().all();
        expectNothingLostOrDoubled(report, {
          tokens: column("SELECT id FROM tokens"),
          counts: Object.fromEntries(counters as [string, number][]),
          outcomes: column("SELECT uid FROM _plasma_client_mutations WHERE status = 'ok'").length,
        });
        database.close();
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
    TIMEOUT_MS,
  );

  it.runIf(inject("postgres"))(
    "loses and doubles nothing on Postgres",
    async () => {
      const server = inject("postgres")!;
      const name = `kills_${process.pid}`;
      const admin = new pg.Client(server);
      await admin.connect();
      await admin.query(`CREATE DATABASE ${name}`);
      await admin.end();
      const address = `postgres://${server.user}@/${name}?host=${encodeURIComponent(server.host)}`;
      const report = await killLoop({ database: address, kills: KILLS });
      const reader = new pg.Client(address);
      await reader.connect();
      const rows = async (query: string) =>
        (await reader.query<{ id: string; count: string }>(query)).rows;
      const counters = await rows("SELECT id, count FROM counters");
      expectNothingLostOrDoubled(report, {
        tokens: (await rows("SELECT id FROM tokens")).map(({ id }) => id),
        counts: Object.fromEntries(counters.map(({ id, count }) => [id, Number(count)])),
        outcomes: (await rows("SELECT uid AS id FROM _plasma_client_mutations WHERE status = 'ok'"))
          .length,
      });
      await reader.end();
    },
    TIMEOUT_MS,
  );
});
