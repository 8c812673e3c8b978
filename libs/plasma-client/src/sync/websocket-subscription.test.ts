import { SOCKET_PROTOCOL } from "@sh1n4ps/plasma-core";
import { describe, expect, it, vi } from "vitest";
import { memorySockets } from "./testing/memory-sockets.ts";
import { syncWorld } from "./testing/sync-world.ts";
import { virtualPlatform } from "./testing/virtual-platform.ts";
import { createWebSocketSubscription } from "./websocket-subscription.ts";
import type { WebSocketSubscriptionOptions } from "./websocket-subscription.ts";

const HOUR = 60 * 60_000;

function setUp(options: WebSocketSubscriptionOptions = {}, endpoint = "https://sync.test/sync") {
  const sockets = memorySockets();
  const platform = virtualPlatform({ WebSocket: sockets.WebSocket });
  let tickets = 0;
  const input = {
    endpoint,
    platform,
    getTicket: vi.fn(async (room?: string) => {
      tickets += 1;
      return { ticket: `t${tickets}`, room: room ?? "person" };
    }),
    onPoke: vi.fn(),
    onOpen: vi.fn(),
    onClose: vi.fn(),
  };
  const open = () => createWebSocketSubscription(options)(input);
  const last = () => {
    const end = sockets.ends.at(-1);
    if (!end) throw new Error("There is no socket.");
    return end;
  };
  return { sockets, platform, input, open, last };
}

describe("a subscription", () => {
  it("sends its ticket as a subprotocol, and nothing of it in the URL", async () => {
    const { open, platform, last, input } = setUp();
    open();
    await platform.settle();
    expect(last().url).toBe("wss://sync.test/sync/coordinator?room=person");
    expect(last().protocols).toEqual([SOCKET_PROTOCOL, "plasma.ticket.t1"]);
    expect(input.onOpen).toHaveBeenCalledTimes(1);
  });

  it.each([
    [{ room: "a list" }, "http://a:8787/sync/", "ws://a:8787/sync/coordinator?room=a%20list"],
    [{}, "/sync", "/sync/coordinator?room=person"],
    [{ url: "wss://b/live?v=1" }, "https://a/sync", "wss://b/live?v=1&room=person"],
    [{ url: "wss://b/live", token: () => "own" }, "https://a/sync", "wss://b/live"],
  ])("goes where it is told: %j at %s", async (options, endpoint, url) => {
    const { open, platform, last } = setUp(options, endpoint);
    open();
    await platform.settle();
    expect(last().url).toBe(url);
  });

  it("takes a ticket from elsewhere, and further protocols", async () => {
    const { open, platform, last, input } = setUp({ token: async () => "own", protocols: ["x"] });
    open();
    await platform.settle();
    expect(last().protocols).toEqual([SOCKET_PROTOCOL, "plasma.ticket.own", "x"]);
    expect(input.getTicket).not.toHaveBeenCalled();
  });

  it("hears pokes, and ignores all else", async () => {
    const { open, platform, last, input } = setUp();
    open();
    await platform.settle();
    last().say('{"type":"poke"}');
    expect(input.onPoke).toHaveBeenCalledTimes(1);
    for (const data of [
      "pong",
      "poke",
      "{",
      "null",
      "[]",
      '{"type":"presence"}',
      "1",
      new Blob(),
    ]) {
      last().say(data);
    }
    expect(input.onPoke).toHaveBeenCalledTimes(1);
  });

  it("does nothing but say so where there are no sockets", () => {
    const { input } = setUp();
    const platform = virtualPlatform();
    createWebSocketSubscription()({ ...input, platform }).close();
    expect(platform.logged).toHaveLength(1);
  });
});

describe("a line that breaks", () => {
  it("is taken up again with a new ticket, and says so, because pokes may be missing", async () => {
    const { open, platform, last, input, sockets } = setUp();
    open();
    await platform.advance(20_000);
    last().close(1006);
    expect(input.onClose).toHaveBeenCalledTimes(1);
    await platform.advance(1000);
    expect(sockets.ends).toHaveLength(2);
    expect(last().protocols[1]).toBe("plasma.ticket.t2");
    expect(input.onOpen).toHaveBeenCalledTimes(2);
  });

  it("without being closed is noticed by a ping that nobody answers", async () => {
    const { open, platform, last, input, sockets } = setUp();
    open();
    await platform.settle();
    last().answersPings = false;
    await platform.advance(30_000);
    expect(last().received).toEqual(["ping"]);
    expect(input.onClose).not.toHaveBeenCalled();
    const dead = last();
    await platform.advance(10_500);
    expect(dead.closedWith).toBe(1000);
    expect(sockets.ends).toHaveLength(2);
  });

  it("is not suspected while pings are answered", async () => {
    const { open, platform, last, sockets } = setUp();
    open();
    await platform.advance(HOUR);
    expect(sockets.ends).toHaveLength(1);
    expect(last().received.length).toBeGreaterThan(100);
  });

  it("has no say any more once it was left", async () => {
    const { open, platform, last, input } = setUp();
    open();
    await platform.settle();
    const dead = last();
    dead.close(1006);
    await platform.advance(1000);
    input.onPoke.mockClear();
    dead.say('{"type":"poke"}');
    expect(input.onPoke).not.toHaveBeenCalled();
    expect(input.onClose).toHaveBeenCalledTimes(1);
  });

  it("is tried again at once when the device is back or somebody looks", async () => {
    for (const signal of ["online", "visible"] as const) {
      const { open, platform, sockets } = setUp();
      sockets.isBroken = true;
      open();
      await platform.advance(HOUR);
      sockets.isBroken = false;
      platform[signal].switch(false);
      platform[signal].switch(true);
      await platform.settle();
      expect(sockets.ends).toHaveLength(1);
    }
  });

  it("is put to the test when somebody looks", async () => {
    const { open, platform, last } = setUp();
    open();
    await platform.settle();
    platform.visible.switch(true);
    expect(last().received).toEqual(["ping"]);
  });
});

describe("a server that does not want", () => {
  const isCalm = (calls: number) => calls > 100 && calls < 600;

  it("to give tickets is asked less and less often", async () => {
    const { open, platform, input, sockets } = setUp();
    input.getTicket.mockRejectedValue(new Error("401"));
    open();
    await platform.advance(HOUR);
    expect(sockets.ends).toEqual([]);
    expect(input.getTicket.mock.calls.length).toSatisfy(isCalm);
    expect(platform.pendingTimers()).toBe(1);
  });

  it("to open sockets is left after a while", async () => {
    const { open, platform, sockets } = setUp();
    sockets.opensAtOnce = false;
    open();
    await platform.advance(HOUR);
    expect(sockets.ends.length).toSatisfy(isCalm);
    expect(sockets.ends.slice(0, -1).every(({ closedWith }) => closedWith === 1000)).toBe(true);
  });

  it("to keep them open is not stormed", async () => {
    const { open, platform, input, sockets } = setUp();
    input.onOpen.mockImplementation(() => sockets.ends.at(-1)?.close(1011));
    open();
    await platform.advance(HOUR);
    expect(sockets.ends.length).toSatisfy(isCalm);
  });

  it("so many of one person is given time", async () => {
    const { open, platform, last, sockets } = setUp();
    open();
    await platform.advance(20_000);
    last().close(4429);
    await platform.advance(14_000);
    expect(sockets.ends).toHaveLength(1);
    await platform.advance(16_000);
    expect(sockets.ends).toHaveLength(2);
  });
});

describe("closing", () => {
  it.each(["while the ticket is fetched", "while it opens", "while open", "while waiting"])(
    "ends everything: %s",
    async (moment) => {
      const { open, platform, sockets, input } = setUp();
      sockets.opensAtOnce = moment === "while open";
      sockets.isBroken = moment === "while waiting";
      const subscription = open();
      if (moment !== "while the ticket is fetched") await platform.settle();
      subscription.close();
      subscription.close();
      sockets.isBroken = false;
      await platform.advance(HOUR);
      platform.online.switch(true);
      platform.visible.switch(true);
      await platform.advance(HOUR);
      expect(sockets.ends.every(({ closedWith }) => closedWith === 1000)).toBe(true);
      expect(sockets.ends.length).toBeLessThan(2);
      expect(input.onClose).toHaveBeenCalledTimes(moment === "while open" ? 1 : 0);
      expect(platform.pendingTimers()).toBe(0);
    },
  );
});

describe("a sync loop with a socket", () => {
  function world(options: Parameters<typeof syncWorld>[0] = {}) {
    const sockets = memorySockets();
    const subscribe = createWebSocketSubscription();
    const made = syncWorld({
      pollIntervalMs: HOUR,
      subscribe: (input) =>
        subscribe({ ...input, platform: { ...input.platform, WebSocket: sockets.WebSocket } }),
      ...options,
    });
    const open = () => sockets.ends.filter(({ closedWith }) => closedWith === null);
    return { ...made, sockets, open };
  }

  it("pulls when poked, and after each time it connects", async () => {
    const { loop, platform, server, replica, sockets } = world();
    loop.start();
    await platform.advance(20_000);
    server.write("first");
    sockets.ends[0]?.say('{"type":"poke"}');
    await platform.settle();
    expect(replica.rows).toContain("first");
    server.write("second");
    sockets.ends[0]?.close(1006);
    await platform.advance(1000);
    expect(replica.rows).toContain("second");
  });

  it("ends a long wait for the next attempt when it opens: the server is back", async () => {
    const { loop, platform, replica, sockets, network } = world();
    loop.start();
    await platform.settle();
    const isBack = () => sockets.ends.length > 1;
    network.fault = () => "drop";
    sockets.ends[0]?.close(1006);
    replica.append();
    await platform.advance(HOUR);
    expect(loop.status).toMatchObject({ connection: "connecting", pending: 1 });
    network.fault = (path) => (path === "ticket" || isBack() ? null : "drop");
    for (let waited = 0; !isBack() && waited < HOUR; waited += 100) {
      await platform.advance(100);
    }
    await platform.settle();
    expect(loop.status).toMatchObject({ connection: "online", pending: 0 });
  });

  it("makes one more pull of a storm of pokes during a pull", async () => {
    const { loop, platform, paths, sockets, network } = world();
    loop.start();
    await platform.advance(1000);
    network.delayMs = () => 100;
    const before = paths().length;
    for (let poke = 0; poke < 100; poke += 1) sockets.ends[0]?.say('{"type":"poke"}');
    await platform.advance(1000);
    expect(paths().slice(before)).toEqual(["pull", "pull"]);
  });

  it("keeps it only while it is active", async () => {
    const { loop, platform, open } = world();
    await platform.settle();
    expect(open()).toHaveLength(0);
    const switches: [() => void, () => void][] = [
      [() => loop.start(), () => loop.stop()],
      [() => loop.start(), () => loop.setOffline(true)],
      [() => loop.setOffline(false), () => platform.online.switch(false)],
      [() => platform.online.switch(true), () => loop.setLeader(false)],
      [() => loop.setLeader(true), () => loop.dispose()],
    ];
    for (const [on, off] of switches) {
      on();
      await platform.settle();
      expect(open()).toHaveLength(1);
      off();
      await platform.settle();
      expect(open()).toHaveLength(0);
    }
    expect(platform.pendingTimers()).toBe(0);
  });

  it("gives it up while paused", async () => {
    const { loop, platform, open, server } = world();
    loop.start();
    await platform.settle();
    server.authorization = "secret";
    await loop.pullOnce().catch(() => undefined);
    expect(loop.status.connection).toBe("paused");
    expect(open()).toHaveLength(0);
    server.authorization = null;
    loop.headersChanged();
    await platform.settle();
    expect(open()).toHaveLength(1);
  });
});
