/** Who does what, and what goes wrong meanwhile, drawn by the seed; then everything heals and has to come to rest. */

import { drawDisturbances, drawFaults } from "./disturbances.ts";
import type { Disturbances } from "./disturbances.ts";
import { drawOp, drawWeights } from "./workload/draw-op.ts";
import type { MutatorWeights } from "./workload/draw-op.ts";
import type { Ctx } from "./workload/app.ts";
import { Disturber } from "./disturber.ts";
import type { Random } from "./world/random.ts";
import { newOwner } from "./world/scheduler.ts";
import type { Tab } from "./world/device.ts";
import { NO_FAULTS } from "./world/world.ts";
import type { World } from "./world/world.ts";

export interface DriverOptions {
  readonly world: World<Ctx>;
  readonly random: Random;
  readonly roles: Map<string, Ctx["role"]>;
  readonly ops: number;
}

/** How long everything may take to come to rest once nothing fails any more. */
const REST_MS = 10 * 60_000;
/** A few rounds of polling. */
const SETTLING_MS = 45_000;

export class Driver {
  readonly #options: DriverOptions;
  readonly #people: readonly string[];
  readonly #weights: MutatorWeights;
  readonly #disturbances: Disturbances;
  readonly #disturber: Disturber;
  readonly #owner = newOwner("people");
  readonly #troubles = new Map<string, { left: number; readonly isSlow: boolean }>();
  #left: number;
  #tokens = 0;

  constructor(options: DriverOptions) {
    const { world, random, ops } = options;
    this.#options = options;
    this.#left = ops;
    this.#people = ["ada", "bob", "cy", "dora"].slice(0, 2 + random.below(3));
    this.#weights = drawWeights(random);
    this.#disturbances = drawDisturbances(random);
    this.#disturber = new Disturber({ ...options, newToken: () => this.#newToken() });
    for (const person of this.#people) {
      const devices = 1 + random.below(2);
      for (let at = 0; at < devices; at++) world.addDevice(person, random.pick([3, 10, 500]));
    }
    for (const device of world.devices) world.openTab(device);
    world.faults = drawFaults(random);
  }

  /** How often something was made to go wrong on purpose, besides the network and the database. */
  get faults(): number {
    return this.#disturber.count;
  }

  async run(): Promise<void> {
    const { world } = this.#options;
    this.#planOp();
    this.#planDisturbance();
    while (this.#left > 0 && world.violation === null) await world.step();
    if (world.violation === null) await this.#rest();
  }

  /** What a mutator meets on the server. */
  async meetTrouble(token: string): Promise<void> {
    const { random, world } = this.#options;
    let trouble = this.#troubles.get(token);
    if (!trouble) {
      trouble = { left: random.below(6), isSlow: random.chance(0.3) };
      this.#troubles.set(token, trouble);
    }
    if (trouble.left === 0) return;
    trouble.left--;
    world.states.reached("mutation held");
    if (trouble.isSlow) await world.scheduler.pause(this.#owner, "slow mutator", 6_000);
    else throw new Error("A bug in the mutator.");
  }

  #newToken(): string {
    return `x${++this.#tokens}`;
  }

  #planOp(): void {
    const { random, world } = this.#options;
    const delayMs = random.chance(0.4)
      ? random.below(20)
      : random.chance(0.05)
        ? random.between(3_000, 20_000)
        : random.between(50, 600);
    world.scheduler.at(this.#owner, "op", delayMs, () => {
      if (this.#left <= 0) return;
      const tab = this.#someTab();
      if (tab) {
        this.#left--;
        const token = this.#newToken();
        const op = drawOp(random, { weights: this.#weights, people: this.#people, token });
        world.mutate(tab, op.name, op.args);
      }
      this.#planOp();
    });
  }

  #someTab(): Tab | undefined {
    const { random, world } = this.#options;
    const tabs = world.tabs.filter((tab) => !tab.owner.isFrozen && tab.isAlive);
    if (tabs.length > 0) return random.pick(tabs);
    world.openTab(random.pick(world.devices));
    return undefined;
  }

  #planDisturbance(): void {
    const { random, world } = this.#options;
    const delayMs = random.between(50, 2 * this.#disturbances.everyMs);
    world.scheduler.at(this.#owner, "disturbance", delayMs, () => {
      if (this.#left <= 0) return;
      this.#disturber.disturb(random.weighted(this.#disturbances.weights));
      this.#planDisturbance();
    });
  }

  async #rest(): Promise<void> {
    const { world } = this.#options;
    world.faults = NO_FAULTS;
    this.#disturber.heal();
    for (const person of this.#people) world.openTab(world.addDevice(person, 500));
    await this.#until(async () => (await this.#hasWork()) === null);
    // Until everybody has heard of everything, and then until nobody is in the middle of something.
    const heard = world.scheduler.now + SETTLING_MS;
    while (world.violation === null && (await world.step(heard))) continue;
    await this.#until(async () => (await this.#hasWork()) === null && this.#isQuiet());
    if (world.violation === null) await world.rested();
  }

  async #until(isOver: () => Promise<boolean>): Promise<void> {
    const { world } = this.#options;
    const deadline = world.scheduler.now + REST_MS;
    while (world.violation === null && !(await isOver())) {
      if (await world.step(deadline)) continue;
      const work = await this.#hasWork();
      world.fail(
        `Liveness: after ${REST_MS / 60_000} minutes without faults: ${work ?? "no rest"}`,
      );
    }
  }

  /** What is still to be done; null if nothing is. */
  async #hasWork(): Promise<string | null> {
    for (const device of this.#options.world.devices) {
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

  #isQuiet(): boolean {
    const { world } = this.#options;
    return (
      world.devices.every(
        ({ disk, tabs }) =>
          disk.isIdle && [...tabs].every(({ owner }) => !world.network.hasInFlight(owner)),
      ) && !world.scheduler.waiting.some(({ label }) => label === "message")
    );
  }
}
