/** Which ports are taken, and which are advised instead. */

import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { anyFreePort, assertPortsFree, defaultPorts, portFromEnv } from "./ports.mjs";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((done) => server.close(done));
});

const app = (port: number) => ({ port, name: "the app", envName: "PLASMA_APP_PORT" });
const sync = (port: number) => ({ port, name: "the sync worker", envName: "PLASMA_SYNC_PORT" });

describe("a port that is in use", () => {
  it("is named with what needs it and the variable that chooses another one", async () => {
    const port = await listen();
    await expect(assertPortsFree([app(port), sync(await anyFreePort())])).rejects.toThrow(
      new RegExp(
        `^Port ${port} is in use by another program, and the app needs it\\..*PLASMA_APP_PORT`,
      ),
    );
  });

  it("is never to be replaced by the port of the app's other half", async () => {
    const port = await listen();
    expect(await advised([app(port), sync(port + 1)])).not.toBe(port + 1);
    expect(await advised([sync(port), app(port + 1)])).not.toBe(port + 1);
  });

  it("is never to be replaced by one that is in use as well", async () => {
    const port = await listen();
    const next = await listen(port + 1);
    const other = await advised([app(port), sync(await anyFreePort())]);
    expect([port, next]).not.toContain(other);
    await expect(assertPortsFree([app(other)])).resolves.toBeUndefined();
  });

  it("is never to be replaced by one that something of ours has unless told otherwise", async () => {
    // Where a program has the port already, all the better.
    await listen(defaultPorts.sync - 1).catch(() => {});
    const other = await advised([app(defaultPorts.sync - 1), sync(await anyFreePort())]);
    expect(Object.values(defaultPorts)).not.toContain(other);
  });
});

it("both halves at one port are told so", async () => {
  const port = await anyFreePort();
  await expect(assertPortsFree([app(port), sync(port)])).rejects.toThrow(
    `Port ${port} cannot be that of both the app and the sync worker.`,
  );
});

it("a port of the environment that is none is refused", () => {
  expect(portFromEnv("PORT_OF_A_TEST", 1, { PORT_OF_A_TEST: "4610" })).toBe(4610);
  expect(() => portFromEnv("PORT_OF_A_TEST", 1, { PORT_OF_A_TEST: "70000" })).toThrow(
    'between 1 and 65535, not "70000"',
  );
});

async function listen(port = 0): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", done);
  });
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

async function advised(wanted: Parameters<typeof assertPortsFree>[0]): Promise<number> {
  const message = await assertPortsFree(wanted).then(
    () => "",
    (error: unknown) => String(error),
  );
  return Number(/for example to (\d+)\./.exec(message)?.[1]);
}
