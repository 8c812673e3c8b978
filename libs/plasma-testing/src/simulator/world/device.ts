/**
 * A device of a person: a disk, a clock that may be off, a connection that may be cut; and its tabs, each with the real
 * client, which can be closed, killed, frozen and cut off.
 */

import { createPlasmaClient } from "@sh1n4ps/plasma-client";
import type {
  Fetcher,
  MutatorContext,
  PlasmaClient,
  SubscriptionInput,
  SyncClientError,
} from "@sh1n4ps/plasma-client";
import type { AnyMutators, Schema } from "@sh1n4ps/plasma-core";
import { Disk } from "./disk.ts";
import type { DiskWatch } from "./disk.ts";
import type { Random } from "./random.ts";
import { newOwner } from "./scheduler.ts";
import type { Owner, Scheduler } from "./scheduler.ts";
import { PERSON_HEADER, SCHEMA_VERSION } from "./server.ts";
import { TabChannels } from "./tab-channels.ts";
import { TabLocks } from "./tab-locks.ts";
import { switchableSignal, tabPlatform } from "./tab-platform.ts";
import type { SwitchableSignal } from "./tab-platform.ts";

export interface DeviceOptions {
  readonly name: string;
  readonly person: string;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly fullness: () => number;
  readonly pageSize: number;
  readonly slownessMs: number;
  /** Of a message from tab to tab. */
  readonly latencyMs: number;
  readonly watch: DiskWatch;
}

export class Device {
  readonly name: string;
  readonly person: string;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly disk: Disk;
  readonly locks: TabLocks;
  readonly channels: TabChannels;
  readonly online = switchableSignal(true);
  readonly tabs = new Set<Tab>();
  readonly pageSize: number;
  /** The line is dead, and nobody has noticed. */
  isCut = false;
  skewMs = 0;
  /** Another device began as a copy of it, or it as one: either may push what both hold. */
  hasTwin = false;

  constructor(options: DeviceOptions) {
    const { name, person, scheduler, random } = options;
    this.name = name;
    this.person = person;
    this.scheduler = scheduler;
    this.random = random;
    this.pageSize = options.pageSize;
    this.disk = new Disk({ ...options, name });
    this.locks = new TabLocks(scheduler, () => options.watch.stolen());
    this.channels = new TabChannels(scheduler, random, options.latencyMs);
  }
}

export interface TabOptions<Ctx> {
  readonly name: string;
  readonly device: Device;
  readonly schema: Schema;
  readonly mutators: AnyMutators;
  readonly ctx: () => Ctx;
  readonly fetcherFor: (tab: Owner) => Fetcher;
  readonly onError: (error: SyncClientError) => void;
}

export class Tab<Ctx = unknown> {
  readonly name: string;
  readonly device: Device;
  readonly owner: Owner;
  readonly client: PlasmaClient;
  readonly visible: SwitchableSignal = switchableSignal(true);
  readonly #subscriptions = new Set<SubscriptionInput>();
  isClosing = false;

  constructor(options: TabOptions<Ctx>) {
    const { name, device, schema, mutators } = options;
    const { scheduler } = device;
    this.name = name;
    this.device = device;
    this.owner = newOwner(name);
    this.client = createPlasmaClient({
      schema,
      mutators,
      dbName: device.person,
      endpoint: "https://sync.invalid/sync",
      schemaVersion: SCHEMA_VERSION,
      clientGroupID: device.person,
      getContext: () => options.ctx() as MutatorContext<AnyMutators>,
      authHeaders: () => ({ [PERSON_HEADER]: device.person }),
      pollIntervalMs: 15_000,
      pullPageSize: device.pageSize,
      engine: device.disk.engineFor(this.owner),
      subscribe: (input) => this.#subscribe(input),
      onError: options.onError,
      logLevel: "silent",
      platform: tabPlatform({
        tab: this.owner,
        scheduler,
        random: device.random,
        locks: device.locks,
        channels: device.channels,
        fetch: options.fetcherFor(this.owner),
        online: device.online,
        visible: this.visible,
        skewMs: () => device.skewMs,
      }),
    });
  }

  get isAlive(): boolean {
    return !this.owner.isDead;
  }

  /** The socket says that something is newer. */
  poke(delayMs: number): void {
    for (const input of this.#subscriptions) {
      this.device.scheduler.at(this.owner, "poke", delayMs, () => {
        if (this.#subscriptions.has(input)) input.onPoke();
      });
    }
  }

  /** Gone without a word. */
  kill(): void {
    this.owner.isDead = true;
    this.#leave();
  }

  /** Closed by the person: the app says goodbye first. */
  async close(): Promise<void> {
    this.isClosing = true;
    await this.client.dispose();
    this.owner.isDead = true;
    this.#leave();
  }

  freeze(): void {
    this.owner.isFrozen = true;
  }

  /** `isTold`: the page learns that it is visible again; where another window covers it, it goes on untold. */
  thaw(isTold: boolean): void {
    this.owner.isFrozen = false;
    if (!isTold) return;
    this.visible.switch(false);
    this.visible.switch(true);
  }

  #leave(): void {
    const { disk, locks, channels } = this.device;
    disk.abandon(this.owner);
    locks.releaseAll(this.owner);
    channels.closeAll(this.owner);
    this.device.tabs.delete(this as Tab);
  }

  #subscribe(input: SubscriptionInput) {
    this.#subscriptions.add(input);
    this.device.scheduler.at(this.owner, "socket opens", 20, () => {
      if (this.#subscriptions.has(input)) input.onOpen();
    });
    return { close: () => void this.#subscriptions.delete(input) };
  }
}

/** Tells tabs that something is newer, as far as their lines take it. */
export function pokeTabs(
  tabs: Iterable<Tab>,
  random: Random,
  line: { readonly pokeLoss: number; readonly maxDelayMs: number },
): void {
  for (const tab of tabs) {
    if (tab.device.isCut || random.chance(line.pokeLoss)) continue;
    tab.poke(random.below(line.maxDelayMs));
  }
}
