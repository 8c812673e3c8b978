import { CLIENT_ID_HEADER } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { SyncClientError } from "../errors.ts";
import { DEFAULT_RETRY } from "../options.ts";
import { newPushMemory } from "./push.ts";
import { refuse } from "./testing/memory-server.ts";
import { syncWorld } from "./testing/sync-world.ts";
import { virtualPlatform } from "./testing/virtual-platform.ts";
import { timerDelay } from "./timer-delay.ts";

const YEAR = 365 * 24 * 60 * 60_000;
const refused = () => refuse(403, { code: "forbidden", message: "Not yours." });

async function parkedWorld() {
  const world = syncWorld();
  const { network, loop, replica, platform } = world;
  network.fault = (path) => (path === "push" ? refused() : null);
  loop.start();
  replica.append();
  await platform.settle();
  expect(loop.status).toMatchObject({ pending: 1, error: { kind: "push-http" } });
  network.fault = () => null;
  return world;
}

describe("a parked outbox", () => {
  it("that another tab has settled leaves no error behind, and nothing is sent for it", async () => {
    const { loop, replica, platform, server, paths } = await parkedWorld();
    const headers = { [CLIENT_ID_HEADER]: "tab-1" };
    const body = { clientID: "tab-1", mutations: replica.pendingPushes()[0]?.mutations };
    server.handle("push", { headers, body: JSON.stringify(body) });
    await platform.advance(5_000);
    expect(loop.status.pending).toBe(0);
    expect(loop.status.error).toBeUndefined();
    const before = paths().length;
    await platform.advance(60_000);
    expect(paths().slice(before)).toEqual(Array.from({ length: 12 }, () => "pull"));
  });

  it("that has moved to another client id leaves no error behind", async () => {
    const { loop, replica, platform } = await parkedWorld();
    await replica.renewClient("tab-1");
    loop.replicaChanged();
    expect(loop.status.error).toBeUndefined();
    await platform.advance(5_000);
    expect(loop.status.pending).toBe(0);
  });

  it("is tried again although the clock was set back by a year", async () => {
    const { loop, platform } = await parkedWorld();
    const { clock } = platform as { clock: { now(): number } };
    const { now } = clock;
    clock.now = () => now() - YEAR;
    await platform.advance(60_000);
    expect(loop.status.pending).toBe(0);
    expect(loop.status.error).toBeUndefined();
  });

  it("that is due already makes the loop wait for a moment all the same", () => {
    const platform = virtualPlatform();
    const memory = newPushMemory();
    const error = new SyncClientError("push-http", "Not yours.");
    memory.parked.set("tab-1", { error, retryAt: platform.clock.now() - YEAR });
    const options = { retry: DEFAULT_RETRY, pollIntervalMs: 5000, memory, platform };
    expect(timerDelay({ kind: "poll" }, options)).toBe(DEFAULT_RETRY.initialDelayMs);
  });
});
