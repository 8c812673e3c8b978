import { describe, expect, it } from "vitest";
import type { Fault } from "./testing/faulty-network.ts";
import { refuse } from "./testing/memory-server.ts";
import { syncWorld } from "./testing/sync-world.ts";
import { seededRandom } from "./testing/virtual-platform.ts";

const SEEDS = 150;

function randomFault(random: () => number): Fault | null {
  const faults: (() => Fault)[] = [
    () => "drop",
    () => "lose-answer",
    () => "duplicate",
    () => "hang",
    () => refuse(500, { code: "internal", message: "A bug." }),
    () => refuse(503, { code: "busy", message: "Later." }, { "retry-after": "3" }),
    () => refuse(429, { code: "too-many", message: "Slower." }),
    () => refuse(401, { code: "unauthorized", message: "Sign in." }),
    () => refuse(403, { code: "forbidden", message: "No." }),
    () => refuse(409, { code: "restart-pull", message: "Again." }),
    () => new Response("<html>", { status: 200 }),
  ];
  return random() < 0.4 ? (faults[Math.floor(random() * faults.length)]?.() ?? null) : null;
}

describe("a loop in a world of random faults", () => {
  it(
    "runs each mutation once, never overlaps or leaks, and drains once the faults stop",
    { timeout: 60_000 },
    async () => {
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const random = seededRandom(seed);
        const { loop, platform, network, replica, server } = syncWorld({ seed });
        server.pageSize = 1 + Math.floor(random() * 5);
        network.fault = () => randomFault(random);
        network.delayMs = () => Math.floor(random() * 400);
        let silentSince: number | null = null;
        const uids: string[] = [];

        loop.start();
        for (let step = 0; step < 60; step += 1) {
          const dice = random();
          if (dice < 0.35)
            uids.push(replica.append({ clientID: random() < 0.3 ? "old-tab" : "tab-1" }));
          else if (dice < 0.4) loop.setOffline(random() < 0.5);
          else if (dice < 0.45) platform.online.switch(random() < 0.5);
          else if (dice < 0.48) loop.setLeader(random() < 0.6);
          else if (dice < 0.495) loop.stop();
          else if (dice < 0.51) loop.start();
          else if (dice < 0.55) platform.visible.switch(true);
          else if (dice < 0.6) void loop.pushOnce().catch(() => undefined);
          else if (dice < 0.65) void loop.pullOnce().catch(() => undefined);
          else if (dice < 0.67) void loop.flush().catch(() => undefined);
          else if (dice < 0.69) await platform.sleep(Math.floor(random() * 100_000));
          else await platform.advance(Math.floor(random() * 3000));

          const isSilent = loop.status.connection === "offline";
          silentSince = isSilent ? (silentSince ?? network.sent.length) : null;
          if (silentSince !== null) {
            expect(network.sent.length, `seed ${seed}: a request while offline`).toBe(silentSince);
          }
          expect(platform.pendingTimers(), `seed ${seed}: timers`).toBeLessThan(60);
        }

        network.fault = () => null;
        // What left before still meets its fault, and may pause the loop: only somebody resumes that.
        await platform.advance(1000);
        loop.setOffline(false);
        platform.online.switch(true);
        loop.setLeader(true);
        loop.start();
        loop.headersChanged();
        await platform.advance(5 * 60_000);
        const story = `seed ${seed}`;
        expect(loop.status, story).toMatchObject({ connection: "online", pending: 0 });
        expect(loop.status.error, story).toBeUndefined();
        expect(server.effects.length, story).toBe(uids.length);
        expect(new Set(server.effects), story).toEqual(new Set(uids));
        expect(new Set(replica.rows), story).toEqual(new Set(uids));
        expect(Math.max(0, ...network.peak.values()), story).toBe(1);
        loop.dispose();
        await platform.advance(60_000);
        expect(platform.pendingTimers(), `${story}: timers after the end`).toBe(0);
      }
    },
  );
});
