/**
 * Where the app and the worker of a test run are. The ports are chosen once, by the process that
 * reads the configuration first, and the processes it starts inherit them.
 *
 * They lie below the range from which systems take the ports of outgoing connections: the tests
 * kill the worker and start it again, and nobody may have its port meanwhile. (A client that keeps
 * knocking at a dead port of that range can even be connected to itself.)
 */
import { isPortFree } from "../../../tools/scripts/ports.mjs";

export interface Addresses {
  readonly appUrl: string;
  readonly syncUrl: string;
}

export async function chooseAddresses(): Promise<Addresses> {
  process.env.PLASMA_E2E_APP_URL ??= `http://localhost:${await freePort()}`;
  process.env.PLASMA_E2E_SYNC_URL ??= `http://localhost:${await freePort()}`;
  return addresses();
}

export function addresses(): Addresses {
  const { PLASMA_E2E_APP_URL: appUrl, PLASMA_E2E_SYNC_URL: syncUrl } = process.env;
  if (!appUrl || !syncUrl) throw new Error("The configuration has not chosen the addresses.");
  return { appUrl, syncUrl };
}

export function portOf(url: string): number {
  return Number(new URL(url).port);
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_001 + 2 * Math.floor(Math.random() * 5_000);
    if (await isPortFree(port)) return port;
  }
}
