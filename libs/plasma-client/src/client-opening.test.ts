import { afterEach, describe, expect, it, vi } from "vitest";
import { SyncClientError } from "./errors.ts";
import { createMemoryEngine } from "./storage/memory-engine.ts";
import { clientTabs } from "./testing/client-tabs.ts";
import type { ClientTabOptions, ClientTabs } from "./testing/client-tabs.ts";
import { lists } from "./testing/test-app.ts";

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 5000, interval: 5 });
let tabs: ClientTabs;

afterEach(() => tabs.disposeAll());

/** A client whose storage is blocked until `block.isOver`. */
function blocked(options: ClientTabOptions = {}) {
  tabs = clientTabs();
  const engine = createMemoryEngine();
  const block = { isOver: false, tries: 0 };
  const open = () => {
    block.tries += 1;
    if (block.isOver) return engine.open();
    return Promise.reject(new SyncClientError("storage-blocked", "Close the other tabs."));
  };
  return { plasma: tabs.client({ engine: { ...engine, open }, ...options }), block };
}

describe("an opening that fails", () => {
  it("shows in the status, and is tried again until it works, for an app that has started", async () => {
    const { plasma, block } = blocked();
    let told = 0;
    plasma.subscribeStatus(() => told++);
    await expect(plasma.start()).rejects.toMatchObject({ kind: "storage-blocked" });
    expect(plasma.status).toMatchObject({
      connection: "stopped",
      error: { kind: "storage-blocked" },
    });
    expect(told).toBe(1);
    const rows: unknown[] = [];
    plasma.db
      .select()
      .from(lists)
      .live()
      .subscribe((found) => rows.push(found));
    await eventually(() => expect(block.tries).toBeGreaterThan(5));
    block.isOver = true;
    await eventually(() => expect(plasma.status.connection).toBe("online"));
    expect(plasma.status.error).toBeUndefined();
    expect(rows.at(-1)).toEqual([]);
  });

  it("is tried again at once when somebody looks at the page", async () => {
    tabs = clientTabs();
    const listeners = new Set<() => void>();
    const visible = {
      current: () => true,
      subscribe: (listener: () => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const { plasma, block } = blocked({
      platform: { ...tabs.platform(), visible },
      retry: { initialDelayMs: 1e6, maxDelayMs: 1e6 },
    });
    await plasma.start().catch(() => undefined);
    block.isOver = true;
    for (const listener of [...listeners]) listener();
    await eventually(() => expect(plasma.status.connection).toBe("online"));
  });

  it("is not tried again for an app that has not started, or has stopped", async () => {
    const { plasma, block } = blocked();
    await expect(plasma.db.select().from(lists)).rejects.toMatchObject({ kind: "storage-blocked" });
    expect(plasma.status.error?.kind).toBe("storage-blocked");
    expect(block.tries).toBe(1);
    await plasma.start().catch(() => undefined);
    plasma.stop();
    const { tries } = block;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(block.tries).toBe(tries);
  });
});
