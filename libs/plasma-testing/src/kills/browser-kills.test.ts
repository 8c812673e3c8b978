/**
 * SIGKILL of a real browser whose tabs write all the time: nothing acknowledged is lost, nothing is doubled. PLASMA_KILLS
 * says how often; `npx nx run plasma-testing:kills` does it 50 times.
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
      const database = new Database(":memory:");
      const { acknowledged, shown } = await browserKillLoop({
        executor: fromBetterSqlite3(database),
        kills: KILLS,
        browser: inject("chromium"),
      });
      const column = (query: string) => database.prepare(query).pluck().all() as string[];
      const stored = column("SELECT id FROM tokens ORDER BY id");
      console.log(`${KILLS} kills, ${acknowledged.length} mutations acknowledged`);
      expect(acknowledged.length).toBeGreaterThan(KILLS * 10);
      expect(new Set(acknowledged).size).toBe(acknowledged.length);
      const missing = acknowledged.filter((token) => !stored.includes(token));
      expect(missing).toEqual([]);
      expect(column("SELECT count FROM counters")).toEqual([stored.length]);
      const kept = "SELECT uid FROM _plasma_client_mutations WHERE status = 'ok'";
      expect(column(kept).length).toBe(stored.length);
      for (const tokens of shown) expect(tokens.toSorted()).toEqual(stored);
      database.close();
    },
    TIMEOUT_MS,
  );
});
