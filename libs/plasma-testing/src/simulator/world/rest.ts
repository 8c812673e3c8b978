/** Whether a world has come to rest: nothing is left to be done, and nobody is in the middle of something. */

import type { Device } from "./device.ts";
import type { Owner, Scheduler } from "./scheduler.ts";

export interface Surroundings {
  readonly devices: readonly Device[];
  readonly scheduler: Scheduler;
  readonly network: { hasInFlight(tab: Owner): boolean };
}

/** How long everything may take to come to rest once nothing fails any more. */
export const REST_MS = 10 * 60_000;
/** A few rounds of polling. */
export const SETTLING_MS = 45_000;

/** What is still to be done; null if nothing is. */
export async function workOf(devices: readonly Device[]): Promise<string | null> {
  for (const device of devices) {
    const { outbox } = await device.disk.peek();
    if (outbox.length > 0) {
      const names = outbox.map(({ clientID, id, name }) => `${clientID}/${id} ${name}`);
      const states = [...device.tabs].map(
        ({ name, client }) =>
          `${name} is ${client.status.connection} ${client.status.error?.message ?? ""}`,
      );
      return `${device.name} still has ${names.join(", ")}; ${states.join(", ")}`;
    }
    for (const { name, client } of device.tabs) {
      if (client.status.pending > 0) return `${name} has ${client.status.pending} pending`;
      if (client.status.firstSync !== "complete") return `${name} has not synced`;
    }
  }
  return null;
}

export function isQuiet({ devices, scheduler, network }: Surroundings): boolean {
  return (
    devices.every(
      ({ disk, tabs }) =>
        disk.isIdle && [...tabs].every(({ owner }) => !network.hasInFlight(owner)),
    ) && !scheduler.waiting.some(({ label }) => label === "message")
  );
}
