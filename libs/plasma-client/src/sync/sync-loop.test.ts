import { CLIENT_GROUP_ID_HEADER, CLIENT_ID_HEADER } from "@sh1n4ps/plasma-core";
import { describe, expect, it, vi } from "vitest";
import { syncWorld } from "./testing/sync-world.ts";
import { refuse } from "./testing/memory-server.ts";

const HOUR = 60 * 60_000;

describe("a loop on a good line", () => {
  it("pushes what is pending, and pulls at once to confirm it", async () => {
    const { loop, replica, platform, server, paths } = syncWorld();
    const uid = replica.append();
    loop.start();
    await platform.settle();
    expect(paths()).toEqual(["push", "pull"]);
    expect(server.effects).toEqual([uid]);
    expect(replica.settled).toEqual([uid]);
  });

  it("says who asks, with every request", async () => {
    const { loop, replica, platform, server } = syncWorld({
      authHeaders: async () => ({ authorization: "Bearer me" }),
    });
    replica.append();
    loop.start();
    await platform.settle();
    expect(server.requests).toHaveLength(2);
    for (const { headers } of server.requests) {
      expect(headers.get("content-type")).toBe("application/json");
      expect(headers.get(CLIENT_ID_HEADER)).toBe("tab-1");
      expect(headers.get(CLIENT_GROUP_ID_HEADER)).toBe("person");
      expect(headers.get("authorization")).toBe("Bearer me");
    }
  });

  it("pushes the outboxes of all clients, each under its own id", async () => {
    const { loop, replica, platform, server } = syncWorld();
    const uids = [replica.append(), replica.append({ clientID: "closed-tab" })];
    loop.start();
    await platform.settle();
    expect(server.effects).toEqual(uids);
    const owners = server.requests.map(({ headers }) => headers.get(CLIENT_ID_HEADER));
    expect(owners).toEqual(["tab-1", "closed-tab", "tab-1"]);
    expect(replica.pendingCount()).toBe(0);
  });

  it("pushes as soon as something is appended, and polls otherwise", async () => {
    const { loop, replica, platform, paths } = syncWorld({ pollIntervalMs: 5000 });
    loop.start();
    await platform.settle();
    expect(paths()).toEqual(["pull"]);
    replica.append();
    await platform.settle();
    expect(paths()).toEqual(["pull", "push", "pull"]);
    await platform.advance(4999);
    expect(paths()).toHaveLength(3);
    await platform.advance(1);
    expect(paths()).toHaveLength(4);
  });

  it("pushes again what was appended while it pushed", async () => {
    const { loop, replica, platform, network, server } = syncWorld();
    network.delayMs = () => 100;
    loop.start();
    const first = replica.append();
    await platform.advance(50);
    const second = replica.append();
    await platform.advance(2000);
    expect(server.effects).toEqual([first, second]);
    expect(replica.pendingCount()).toBe(0);
  });

  it("sends at most 200 mutations and about 900 kB in one push", async () => {
    const { loop, replica, platform, server } = syncWorld();
    for (let count = 0; count < 450; count += 1) replica.append();
    loop.start();
    await platform.settle();
    const sizes = server.requests
      .filter(({ path }) => path === "push")
      .map(({ body }) => (body as { mutations: unknown[] }).mutations.length);
    expect(sizes).toEqual([200, 200, 50]);
    expect(replica.pendingCount()).toBe(0);

    for (let count = 0; count < 5; count += 1) replica.append({ args: "x".repeat(300_000) });
    await platform.settle();
    const lengths = server.requests
      .filter(({ path }) => path === "push")
      .map(({ body }) => JSON.stringify(body).length);
    expect(Math.max(...lengths)).toBeLessThan(1024 * 1024);
    expect(replica.pendingCount()).toBe(0);
  });

  it("applies the pages of one pull together", async () => {
    const { loop, platform, server, replica, paths } = syncWorld();
    for (let row = 0; row < 250; row += 1) server.write(`row-${row}`);
    loop.start();
    await platform.settle();
    expect(paths()).toEqual(["pull", "pull", "pull"]);
    expect(replica.applied).toBe(1);
    expect(replica.rows.size).toBe(250);
  });

  it("says in rows and bytes how far a pull of several pages is, and nothing of one of a single page", async () => {
    const { loop, platform, server, replica, network } = syncWorld();
    network.delayMs = () => 100;
    const seen: (typeof loop.status.progress)[] = [];
    loop.subscribeStatus(() => {
      if (loop.status.progress !== seen.at(-1)) seen.push(loop.status.progress);
    });
    for (let row = 0; row < 250; row += 1) server.write(`row-${row}`);
    loop.start();
    await platform.advance(2000);
    expect(replica.rows.size).toBe(250);
    const [none, first, second, after] = seen;
    expect([none, after, seen.length]).toEqual([null, null, 4]);
    expect([first?.rows, second?.rows]).toEqual([100, 200]);
    expect(first?.bytes).toBeGreaterThan(1000);
    expect(second?.bytes).toBeGreaterThan(first?.bytes ?? Infinity);

    server.write("row-one-more");
    void loop.pullOnce();
    await platform.advance(1000);
    expect(replica.rows.size).toBe(251);
    expect(seen).toHaveLength(4);
  });

  it("forgets the progress of a pull that breaks off", async () => {
    const { loop, platform, server, network } = syncWorld();
    network.delayMs = () => 100;
    for (let row = 0; row < 250; row += 1) server.write(`row-${row}`);
    loop.start();
    while (loop.status.progress === null) await platform.advance(10);
    loop.setOffline(true);
    await platform.advance(1000);
    expect(loop.status.progress).toBeNull();
  });

  it("finds what another tab stored without its hearing of it, at the next poll", async () => {
    const { loop, replica, platform, server, paths } = syncWorld({ pollIntervalMs: 5000 });
    loop.start();
    await platform.settle();
    replica.appendUnheard({ clientID: "other-tab" });
    await platform.advance(5000);
    expect(server.effects).toHaveLength(1);
    expect(paths()).toEqual(["pull", "pull", "push", "pull"]);
  });

  it("pulls again when another tab has moved the cookie", async () => {
    const { loop, platform, replica } = syncWorld();
    replica.beforeApply = async () => {
      replica.beforeApply = () => Promise.resolve();
      replica.moveCookie("0:");
    };
    loop.start();
    await platform.settle();
    expect(replica.applied).toBe(1);
    expect(loop.status.connection).toBe("online");
  });

  it("pulls anew when the server says that a pull has to restart", async () => {
    const { loop, platform, network, server, replica, paths } = syncWorld();
    for (let row = 0; row < 150; row += 1) server.write(`row-${row}`);
    let pulls = 0;
    network.fault = () => {
      pulls += 1;
      return pulls === 2 ? refuse(409, { code: "restart-pull", message: "Begin again." }) : null;
    };
    loop.start();
    await platform.settle();
    expect(paths()).toHaveLength(3);
    expect(replica.rows.size).toBe(150);
  });

  it("leaves a pull that never ends to be tried later", async () => {
    const { loop, platform, network, errors } = syncWorld();
    const page = { cookie: "same", patch: [], lastMutationIDs: {}, rejections: [], hasMore: true };
    network.fault = () => Response.json(page);
    loop.start();
    await platform.settle();
    expect(errors.map(({ kind }) => kind)).toEqual(["invalid-response"]);
    expect(loop.status.connection).toBe("connecting");
  });
});

describe("a loop on a bad line", () => {
  it("runs a mutation once when the answer to its push is lost", async () => {
    const { loop, platform, network, server, replica } = syncWorld();
    let losses = 1;
    network.fault = (path) => (path === "push" && losses-- > 0 ? "lose-answer" : null);
    const uid = replica.append();
    loop.start();
    await platform.advance(10_000);
    expect(server.effects).toEqual([uid]);
    expect(replica.settled).toEqual([uid]);
  });

  it("runs a mutation once when its push arrives twice", async () => {
    const { loop, platform, network, server, replica } = syncWorld();
    network.fault = () => "duplicate";
    const uid = replica.append();
    loop.start();
    await platform.settle();
    expect(server.effects).toEqual([uid]);
    expect(replica.settled).toEqual([uid]);
  });

  it("gives up on a request that hangs, and tries again", async () => {
    const { loop, platform, network, replica } = syncWorld({ requestTimeoutMs: 30_000 });
    let hangs = 1;
    network.fault = () => (hangs-- > 0 ? "hang" : null);
    replica.append();
    loop.start();
    await platform.advance(29_999);
    expect(loop.status).toMatchObject({ connection: "connecting", pending: 1 });
    await platform.advance(5_000);
    expect(loop.status).toMatchObject({ connection: "online", pending: 0 });
  });

  it("backs off with growing pauses, reports once, and then probes for ever", async () => {
    const { loop, platform, network, errors, times } = syncWorld();
    network.fault = () => "drop";
    loop.start();
    await platform.advance(HOUR);
    const pauses = times()
      .map((time, index, all) => time - (all[index - 1] ?? time))
      .slice(1);
    [500, 1000, 2000, 4000].forEach((most, index) => {
      expect(pauses[index]).toBeLessThanOrEqual(most);
    });
    const probes = pauses.slice(4);
    expect(probes.length).toBeGreaterThan(100);
    expect(Math.min(...probes)).toBeGreaterThanOrEqual(15_000);
    expect(Math.max(...probes)).toBeLessThanOrEqual(30_000);
    expect(errors.map(({ kind }) => kind)).toEqual(["network"]);
    expect(loop.status.error?.kind).toBe("network");

    network.fault = () => null;
    await platform.advance(30_000);
    expect(loop.status).toMatchObject({ connection: "online" });
    expect(loop.status.error).toBeUndefined();
  });

  it.each([429, 503])("does not come back before Retry-After (%i)", async (status) => {
    const { loop, platform, network, replica, paths } = syncWorld();
    let refusals = 1;
    network.fault = () =>
      refusals-- > 0
        ? refuse(status, { code: "busy", message: "Later." }, { "retry-after": "20" })
        : null;
    loop.start();
    await platform.settle();
    expect(paths()).toHaveLength(0);
    replica.append();
    platform.visible.switch(true);
    platform.online.switch(true);
    await platform.advance(19_999);
    expect(paths()).toHaveLength(0);
    await platform.advance(1_000);
    expect(replica.pendingCount()).toBe(0);
  });

  it("tries at once when the device is back online, or somebody looks", async () => {
    for (const signal of ["online", "visible"] as const) {
      const { loop, platform, network } = syncWorld();
      network.fault = () => "drop";
      loop.start();
      await platform.advance(HOUR);
      network.fault = () => null;
      platform[signal].switch(true);
      await platform.settle();
      expect(loop.status.connection).toBe("online");
    }
  });

  it("syncs at once after a sleep", async () => {
    const { loop, platform, paths } = syncWorld({ pollIntervalMs: 5000 });
    loop.start();
    await platform.settle();
    const before = paths().length;
    await platform.sleep(8 * HOUR);
    expect(paths().length).toBeGreaterThan(before);
  });

  it("keeps what a portal answers instead of the server away from the replica", async () => {
    const { loop, platform, network, replica } = syncWorld();
    network.fault = () => new Response("<html>Sign in to the Wi-Fi</html>", { status: 200 });
    replica.append();
    loop.start();
    await platform.advance(1000);
    expect(loop.status).toMatchObject({ pending: 1, connection: "connecting" });
    expect(loop.status.error?.kind).toBe("invalid-response");
    expect(replica.applied).toBe(0);
  });

  it("tries again when a pull could not be stored", async () => {
    const { loop, platform, replica } = syncWorld();
    replica.breakNext = new Error("The disk is full.");
    loop.start();
    await platform.settle();
    expect(loop.status.error?.kind).toBe("storage");
    await platform.advance(1000);
    expect(loop.status.connection).toBe("online");
  });
});

describe("refusals", () => {
  it("ask for the headers once more on a 401, and go on with those", async () => {
    let token = "old";
    const authHeaders = vi.fn(() => {
      const headers = { authorization: token };
      token = "new";
      return headers;
    });
    const { loop, platform, server, replica, errors } = syncWorld({ authHeaders });
    server.authorization = "new";
    replica.append();
    loop.start();
    await platform.settle();
    expect(loop.status).toMatchObject({ connection: "online", pending: 0 });
    expect(errors).toEqual([]);
  });

  it("pause on a second 401, send nothing, and go on when the headers change", async () => {
    let token = "old";
    const { loop, platform, server, replica, errors, paths } = syncWorld({
      authHeaders: () => ({ authorization: token }),
    });
    server.authorization = "new";
    replica.append();
    loop.start();
    await platform.settle();
    expect(paths()).toHaveLength(2);
    expect(loop.status).toMatchObject({ connection: "paused", pending: 1 });
    expect(errors.map(({ kind }) => kind)).toEqual(["unauthorized"]);
    replica.append();
    await platform.advance(HOUR);
    expect(paths()).toHaveLength(2);
    token = "new";
    await platform.advance(30_000);
    expect(loop.status).toMatchObject({ connection: "online", pending: 0 });
  });

  it("pause on a 403 to a pull", async () => {
    const { loop, platform, network, errors } = syncWorld();
    network.fault = () => refuse(403, { code: "forbidden", message: "You are not a member." });
    loop.start();
    await platform.advance(HOUR);
    expect(loop.status.connection).toBe("paused");
    expect(errors.map(({ kind, status }) => [kind, status])).toEqual([["pull-http", 403]]);
    network.fault = () => null;
    loop.start();
    await platform.settle();
    expect(loop.status.connection).toBe("online");
  });

  it("of one outbox leave the others, and the pulls, alone", async () => {
    const { loop, platform, network, replica, server, errors } = syncWorld();
    const foreign = replica.append({ clientID: "foreign" });
    network.faultFor = (_path, headers) =>
      headers.get(CLIENT_ID_HEADER) === "foreign"
        ? refuse(403, { code: "forbidden", message: "Not yours." })
        : null;
    const own = replica.append();
    server.write("row");
    loop.start();
    await platform.advance(10 * 60_000);
    expect(server.effects).toEqual([own]);
    expect(replica.rows).toContain("row");
    expect(loop.status).toMatchObject({ connection: "online", pending: 1 });
    expect(loop.status.error?.status).toBe(403);
    expect(errors).toHaveLength(1);
    network.faultFor = () => null;
    await platform.advance(60_000);
    expect(server.effects).toEqual([own, foreign]);
    expect(loop.status.error).toBeUndefined();
  });

  it("for size make the pushes smaller, until it is one mutation that is too large", async () => {
    const { loop, platform, server, replica, network, errors } = syncWorld();
    server.maxMutations = 3;
    for (let count = 0; count < 10; count += 1) replica.append();
    loop.start();
    await platform.settle();
    expect(replica.pendingCount()).toBe(0);

    network.faultFor = (path) =>
      path === "push" ? refuse(413, { code: "too-large", message: "Too large." }) : null;
    replica.append();
    replica.append();
    await platform.advance(1000);
    expect(loop.status).toMatchObject({ connection: "online", pending: 2 });
    expect(errors.map(({ kind, status }) => [kind, status])).toEqual([["push-http", 413]]);
  });

  it("of a wrong address are reported at once and probed slowly", async () => {
    const { loop, platform, network, errors, times } = syncWorld();
    network.fault = () => refuse(404, { code: "not-found", message: "Nothing here." });
    loop.start();
    await platform.advance(HOUR);
    expect(errors.map(({ kind }) => kind)).toEqual(["pull-http"]);
    expect(times().length).toBeLessThan(300);
  });
});

describe("a server that knows less or more than this client thinks", () => {
  it("gets again what it says is missing", async () => {
    const { loop, platform, server, replica, network } = syncWorld({ maxMutationsPerPush: 1 });
    const uids = [replica.append(), replica.append(), replica.append()];
    let pushes = 0;
    network.fault = (path) => {
      if (path === "push") pushes += 1;
      // Between the second and the third push, the server loses the second.
      if (pushes === 3) server.forget("tab-1", 1);
      return null;
    };
    loop.start();
    await platform.advance(60_000);
    expect(new Set(server.effects)).toEqual(new Set(uids));
    expect(server.effects).toHaveLength(3);
    expect(replica.pendingCount()).toBe(0);
  });

  it("gets mutations again that it took and whose rows never came", async () => {
    const { loop, platform, server, replica, network } = syncWorld();
    network.fault = (path) => {
      if (path === "push") server.forget("tab-1", 0);
      return null;
    };
    const uid = replica.append();
    const lie = { lastMutationID: 1, results: [{ id: 1, status: "ok" }] };
    let lies = 1;
    network.faultFor = (path) => (path === "push" && lies-- > 0 ? Response.json(lie) : null);
    loop.start();
    await platform.settle();
    expect(loop.status).toMatchObject({ connection: "connecting", pending: 1 });
    await platform.advance(5000);
    expect(server.effects).toEqual([uid]);
    expect(replica.pendingCount()).toBe(0);
  });

  it("gets the outbox under a fresh client id if it has forgotten the client", async () => {
    const { loop, platform, server, replica } = syncWorld();
    const first = replica.append();
    loop.start();
    await platform.settle();
    server.forget("tab-1");
    const second = replica.append();
    await platform.settle();
    expect(server.effects).toEqual([first, second]);
    expect(replica.clientID).toBe("tab-1'");
    expect(replica.pendingCount()).toBe(0);
  });

  it("does not get fresh client ids without end", async () => {
    const { loop, platform, network, replica, errors } = syncWorld();
    network.fault = (path) =>
      path === "push" ? refuse(409, { code: "client-forked", message: "Forked." }) : null;
    replica.append();
    loop.start();
    await platform.advance(HOUR);
    expect(replica.clientID).toBe("tab-1'''");
    expect(loop.status).toMatchObject({ connection: "online", pending: 1 });
    expect(errors.map(({ status }) => status)).toEqual([409]);
  });

  it("is not asked again and again for what it does not decide", async () => {
    const { loop, platform, network, replica, times } = syncWorld();
    network.fault = (path) =>
      path === "push"
        ? Response.json({ lastMutationID: 0, results: [{ id: 1, status: "not-reached" }] })
        : null;
    replica.append();
    loop.start();
    await platform.advance(60_000);
    expect(replica.applied).toBeGreaterThan(1);
    expect(times("push").length).toBeLessThan(15);
    network.fault = () => null;
    await platform.advance(60_000);
    expect(replica.pendingCount()).toBe(0);
  });
});

describe("a schema mismatch", () => {
  it("pauses and keeps everything by default", async () => {
    const { loop, platform, server, replica, errors } = syncWorld();
    server.schemaVersion = "2";
    replica.append();
    loop.start();
    await platform.advance(HOUR);
    expect(loop.status).toMatchObject({ connection: "paused", pending: 1 });
    expect(errors.map(({ kind }) => kind)).toEqual(["schema-mismatch"]);
    expect(replica.resets).toBe(0);
    server.schemaVersion = "1";
    platform.visible.switch(true);
    await platform.settle();
    expect(loop.status).toMatchObject({ connection: "online", pending: 0 });
  });

  it("resets the base and not the outbox when the app says so, and only once", async () => {
    const onSchemaMismatch = vi.fn(async () => "reset" as const);
    const { loop, platform, server, replica } = syncWorld({ onSchemaMismatch });
    server.schemaVersion = "2";
    replica.append();
    loop.start();
    await platform.advance(HOUR);
    expect(onSchemaMismatch).toHaveBeenCalledWith({ phase: "push" });
    expect(replica.resets).toBe(1);
    expect(loop.status).toMatchObject({ connection: "paused", pending: 1 });
  });

  it("that the server is over ends by itself, while the app is asked and told only once", async () => {
    const onSchemaMismatch = vi.fn(() => "stay" as const);
    const { loop, platform, server, replica, errors, times } = syncWorld({ onSchemaMismatch });
    loop.start();
    await platform.settle();
    server.schemaVersion = "0";
    replica.append();
    await platform.advance(HOUR);
    expect(loop.status).toMatchObject({ connection: "paused", error: { kind: "schema-mismatch" } });
    const pauses = times().map((time, index, all) => time - (all[index - 1] ?? 0));
    expect(Math.min(...pauses.slice(3))).toBeGreaterThanOrEqual(15_000);
    server.schemaVersion = null;
    await platform.advance(30_000);
    expect(loop.status).toMatchObject({ connection: "online", pending: 0 });
    expect(loop.status.error).toBeUndefined();
    expect(onSchemaMismatch).toHaveBeenCalledTimes(1);
    expect(errors).toHaveLength(1);
  });

  it("looks the same while it is probed", async () => {
    const { loop, platform, server, network } = syncWorld();
    network.delayMs = () => 100;
    server.schemaVersion = "0";
    loop.start();
    await platform.advance(1000);
    const seen: string[] = [];
    loop.subscribeStatus(() => seen.push(loop.status.connection));
    await platform.advance(HOUR);
    expect(new Set(seen)).toEqual(new Set(["paused"].slice(0, seen.length)));
  });

  it("about which the app never decides holds no loop up that is stopped and started", async () => {
    const onSchemaMismatch = () => new Promise<never>(() => undefined);
    const { loop, platform, server } = syncWorld({ onSchemaMismatch });
    server.schemaVersion = "0";
    loop.start();
    await platform.advance(HOUR);
    server.schemaVersion = null;
    loop.stop();
    loop.start();
    await platform.settle();
    expect(loop.status.connection).toBe("online");
  });
});

describe("a server that takes pulls and no pushes", () => {
  it.each([
    ["401", () => refuse(401, { code: "unauthorized", message: "Sign in." })],
    ["409", () => refuse(409, { code: "schema-mismatch", message: "Reload." })],
  ])("pauses the client instead of keeping it busy (%s)", async (status, answer) => {
    const { loop, platform, network, replica, times } = syncWorld({
      onSchemaMismatch: () => "reset",
    });
    network.fault = (path) => (path === "push" ? answer() : null);
    replica.append();
    loop.start();
    await platform.advance(HOUR);
    expect(loop.status.connection).toBe("paused");
    expect(times().length).toBeLessThan(status === "401" ? 10 : 500);
    expect(replica.resets).toBeLessThan(2);
  });

  it("is not pushed to more and more often", async () => {
    const { loop, platform, network, replica, times } = syncWorld();
    network.fault = (path) =>
      path === "push" ? refuse(500, { code: "internal", message: "A bug." }) : null;
    replica.append();
    loop.start();
    await platform.advance(HOUR);
    expect(times("push").length).toBeLessThan(250);
    expect(replica.applied).toBeGreaterThan(100);
    expect(loop.status).toMatchObject({ connection: "connecting", pending: 1 });
  });
});

describe("going offline", () => {
  it("sends nothing, ends what is under way, and catches up afterwards", async () => {
    const { loop, platform, network, server, replica, paths } = syncWorld();
    network.delayMs = () => 1000;
    const uid = replica.append();
    loop.start();
    await platform.advance(500);
    loop.setOffline(true);
    expect(loop.status).toMatchObject({ connection: "offline", pending: 1 });
    replica.append();
    await platform.advance(HOUR);
    const before = paths().length;
    platform.visible.switch(true);
    await platform.advance(HOUR);
    expect(paths()).toHaveLength(before);
    loop.setOffline(false);
    await platform.advance(10_000);
    expect(loop.status).toMatchObject({ connection: "online", pending: 0 });
    expect(server.effects.filter((effect) => effect === uid)).toHaveLength(1);
  });

  it("follows the device", async () => {
    const { loop, platform, paths } = syncWorld();
    platform.online.switch(false);
    loop.start();
    await platform.advance(HOUR);
    expect(paths()).toEqual([]);
    expect(loop.status.connection).toBe("offline");
    platform.online.switch(true);
    await platform.settle();
    expect(loop.status.connection).toBe("online");
  });

  it("can be how it begins", async () => {
    const { loop, platform, paths } = syncWorld({ offline: true });
    loop.start();
    await platform.advance(HOUR);
    expect(paths()).toEqual([]);
    loop.setOffline(false);
    await platform.settle();
    expect(paths()).toEqual(["pull"]);
  });

  it("never lets two pulls overlap, though the first is still being stored", async () => {
    const { loop, platform, replica } = syncWorld();
    let applying = 0;
    let most = 0;
    replica.beforeApply = async () => {
      applying += 1;
      most = Math.max(most, applying);
      await new Promise<void>((resolve) => void platform.timers.set(resolve, 5000));
      applying -= 1;
    };
    loop.start();
    for (let toggle = 0; toggle < 10; toggle += 1) {
      await platform.advance(300);
      loop.setOffline(toggle % 2 === 0);
    }
    await platform.advance(60_000);
    expect(most).toBe(1);
    expect(loop.status.connection).toBe("online");
  });
});

describe("tabs", () => {
  it("leave the syncing to the leader, and take over", async () => {
    const { loop, platform, paths, replica } = syncWorld({ leader: false });
    loop.start();
    replica.append();
    await platform.advance(HOUR);
    expect(paths()).toEqual([]);
    expect(loop.status).toMatchObject({ connection: "following", pending: 1 });
    loop.setLeader(true);
    await platform.settle();
    expect(loop.status).toMatchObject({ connection: "online", pending: 0 });
    loop.setLeader(false);
    expect(loop.status.connection).toBe("following");
    expect(platform.pendingTimers()).toBe(0);
  });
});
