/** Who does what, and what goes wrong meanwhile, drawn by the seed; then everything heals and has to come to rest. */

import { drawDisturbances, drawFaults } from "./disturbances.ts";
import type { Disturbances } from "./disturbances.ts";
import { drawOp, drawWeights } from "./workload/draw-op.ts";
import type { MutatorWeights } from "./workload/draw-op.ts";
import type { Theme } from "./themes.ts";
import type { Ctx } from "./workload/app.ts";
import { Disturber } from "./disturber.ts";
import { giveUpOversized } from "./oversized.ts";
import type { Random } from "./world/random.ts";
import { comeToRest, REST_MS } from "./world/rest.ts";
import { newOwner } from "./world/scheduler.ts";
import type { Tab } from "./world/device.ts";
import { NO_FAULTS } from "./world/world.ts";
import type { World } from "./world/world.ts";

export interface DriverOptions {
  readonly world: World<Ctx>;
  readonly random: Random;
  readonly roles: Map<string, Ctx["role"]>;
  readonly ops: number;
  readonly theme: Theme;
}

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
    const { world, random, ops, theme } = options;
    this.#options = options;
    this.#left = ops;
    this.#people = ["ada", "bob", "cy", "dora"].slice(0, 2 + random.below(3));
    const weights = drawWeights(random);
    this.#weights = theme.mutators ?? weights;
    const disturbances = drawDisturbances(random);
    this.#disturbances = {
      ...disturbances,
      weights: { ...disturbances.weights, ...theme.disturbances },
    };
    this.#disturber = new Disturber({
      ...options,
      hasCopies: this.#disturbances.weights.copyProfile > 0,
      newToken: () => this.#newToken(),
      act: (tab) => this.#act(tab),
    });
    for (const person of this.#people) {
      const devices = 1 + random.below(2);
      for (let at = 0; at < devices; at++) world.addDevice(person, random.pick([3, 10, 500]));
    }
    for (const device of world.devices) world.openTab(device);
    world.faults = { ...drawFaults(random), ...theme.faults };
  }

  /** How often something was made to go wrong on purpose, besides the network and the database. */
  get faults(): number {
    return this.#disturber.count;
  }

  async run(): Promise<void> {
    const { world } = this.#options;
    this.#planOp();
    this.#planDisturbance();
    this.#planGivingUp();
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
    world.states.reached("mutator failed on the server");
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
      if (tab) this.#act(tab);
      this.#planOp();
    });
  }

  #act(tab: Tab): void {
    const { random, world } = this.#options;
    this.#left--;
    const token = this.#newToken();
    const op = drawOp(random, { weights: this.#weights, people: this.#people, token });
    world.mutate(tab, op.name, op.args);
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

  /** Also when everything has healed: nothing else would end it. */
  #planGivingUp(): void {
    const { random, world } = this.#options;
    world.scheduler.at(this.#owner, "read complaints", random.between(5_000, 40_000), () => {
      void giveUpOversized(world);
      this.#planGivingUp();
    });
  }

  async #rest(): Promise<void> {
    const { world } = this.#options;
    world.faults = NO_FAULTS;
    this.#disturber.heal();
    for (const person of this.#people) world.openTab(world.addDevice(person, 500));
    const { devices, scheduler, network } = world;
    const restless = await comeToRest({
      ...{ devices, scheduler, network },
      hasFailed: () => world.violation !== null,
      step: (until) => world.step(until),
    });
    if (restless !== null) {
      world.fail(`Liveness: after ${REST_MS / 60_000} minutes without faults: ${restless}`);
    }
    if (world.violation === null) await world.rested();
  }
}
