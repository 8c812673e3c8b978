/**
 * SIGKILL of a real browser whose tabs write all the time: nothing acknowledged is lost, nothing is doubled. PLASMA_KILLS
 * says how often; `npx nx run plasma-testing:kills` does it 50 times. A database of the page's own tells what is not
 * plasma's doing: when that one is gone as well, the browser has thrown away all it had.
 */

import { fromBetterSqlite3 } from "@sh1n4ps/plasma-server";
import Database from "better-sqlite3";
import { describe, expect, inject, it } from "vitest";
import { browserKillLoop } from "./browser-kill-loop.fixture.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** See tools/vitest/chromium.ts. */
    chromium: { readonly args: string[]; readonly executablePath?: string };
  }
}

const KILLS = Number(process.env["PLASMA_KILLS"] ?? 10);
const TIMEOUT_MS = 60_000 + KILLS * 6000;

describe(`a browser that is killed ${KILLS} times under load`, () => {
  it(
    "loses nothing that it called durable, and doubles nothing",
    async () => {
      const { acknowledged, thrownAway } = await checkedKills({ kills: KILLS });
      expect(acknowledged.length).toBeGreaterThan(KILLS * 10);
      // The browser itself may do so once in some hundred kills.
      expect(thrownAway.length).toBeLessThan(acknowledged.length / 2);
    },
    TIMEOUT_MS,
  );

  it("that throws its databases away starts anew with all that was sent, and goes on", async () => {
    const { acknowledged, shown } = await checkedKills({ kills: 3, throwsAwayAfter: 1 });
    const tokensOf = (life: string) => acknowledged.filter((token) => token.startsWith(life));
    for (const life of ["2-", "last-"]) {
      expect(tokensOf(life).length).toBeGreaterThan(0);
      expect(shown[0]).toEqual(expect.arrayContaining(tokensOf(life)));
    }
  }, 60_000);
});

/** Nothing is missing but what the browser threw away before it was sent, and nothing is there twice. */
async function checkedKills(options: { kills: number; throwsAwayAfter?: number }) {
  const database = new Database(":memory:");
  const executor = fromBetterSqlite3(database);
  const report = await browserKillLoop({ ...options, executor, browser: inject("chromium") });
  const { acknowledged, thrownAway, shown } = report;
  const column = (query: string) => database.prepare(query).pluck().all() as string[];
  const stored = column("SELECT id FROM tokens ORDER BY id");
  console.log(
    `${options.kills} kills, ${acknowledged.length} mutations acknowledged, ${thrownAway.length} thrown away by the browser`,
  );
  expect(new Set(acknowledged).size).toBe(acknowledged.length);
  const missing = acknowledged.filter((token) => !stored.includes(token));
  expect(missing.filter((token) => !thrownAway.includes(token))).toEqual([]);
  expect(column("SELECT count FROM counters")).toEqual([stored.length]);
  const kept = "SELECT uid FROM _plasma_client_mutations WHERE status = 'ok'";
  expect(column(kept).length).toBe(stored.length);
  for (const tokens of shown) expect(tokens.toSorted()).toEqual(stored);
  database.close();
  return report;
}
