/** C10: what the server keeps for itself has bounds. Once everybody has been away for long, its upkeep leaves nothing of them. */

import type { Checker, WorldView } from "../world/checker.ts";

/** Longer than anything is kept by default. */
const AWAY_MS = 500 * 24 * 60 * 60_000;

export function boundedTables<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  return {
    async rested() {
      const { server, timeline } = world;
      await server.runMaintenance(AWAY_MS);
      const requireAtMost = (most: number, table: string) => {
        const count = server.database.prepare(`SELECT count(*) FROM ${table}`).pluck();
        const rows = count.get() as number;
        if (rows > most) world.fail(`C10: after upkeep ${table} has ${rows} rows, not ${most}`);
      };
      // What a cookie at the horizon is known by.
      requireAtMost(1, "_plasma_versions");
      for (const table of ["changes", "client_mutations", "clients", "attempts", "tickets"]) {
        requireAtMost(0, `_plasma_${table}`);
      }
      for (const table of Object.keys(timeline.state)) requireAtMost(0, `_plasma_history_${table}`);
    },
  };
}
