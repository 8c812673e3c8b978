/** Whether a world has come to rest: nothing is left to be done, and nobody is in the middle of something. */

import type { Device } from "./device.ts";
import type { Owner, Scheduler } from "./scheduler.ts";

export interface Restless {
  readonly devices: readonly Device[];
  readonly scheduler: Scheduler;
  readonly network: { hasInFlight(tab: Owner): boolean };
  /** Then there is nothing to wait for. */
  hasFailed(): boolean;
  step(until: number): Promise<boolean>;
}

/** How long everything may take to come to rest once nothing fails any more. */
export const REST_MS = 10 * 60_000;
/** A few rounds of polling. */
const SETTLING_MS = 45_000;

/** What is still to be done; null if nothing is. */
async function workOf(devices: readonly Device[]): Promise<string | null> {
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

function isQuiet({ devices, scheduler, network }: Restless): boolean {
  return (
    devices.every(
      ({ disk, tabs }) =>
        disk.isIdle && [...tabs].every(({ owner }) => !network.hasInFlight(owner)),
    ) && !scheduler.waiting.some(({ label }) => label === "message")
  );
}

/** Takes steps until everything has come to rest. Answers with what is still to be done if that takes too long, else null. */
export async function comeToRest(world: Restless): Promise<string | null> {
  const { devices, scheduler } = world;
  const isDone = async () => (await workOf(devices)) === null;
  const latest = scheduler.now + REST_MS;
  const until = async (isOver: () => Promise<boolean>, deadline = latest) => {
    while (!world.hasFailed() && !(await isOver()) && (await world.step(deadline))) continue;
    return world.hasFailed() || isOver();
  };
  if (await until(isDone)) {
    // Until everybody has heard of everything, and then until nobody is in the middle of something.
    await until(() => Promise.resolve(false), Math.min(latest, scheduler.now + SETTLING_MS));
    if (await until(async () => (await isDone()) && isQuiet(world))) return null;
  }
  return (await workOf(devices)) ?? "no rest";
}
