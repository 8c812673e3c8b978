/** Makes things go wrong, and puts them right again. */

import type { Disturbance } from "./disturbances.ts";
import type { ModelState } from "./reference.ts";
import { Upkeep } from "./upkeep.ts";
import type { Ctx } from "./workload/app.ts";
import { COUNTERS } from "./workload/model.ts";
import { Attacker } from "./world/attacker.ts";
import type { Device, Tab } from "./world/device.ts";
import type { Op } from "./world/history.ts";
import type { Random } from "./world/random.ts";
import { newOwner } from "./world/scheduler.ts";
import type { Backup, World } from "./world/world.ts";

export interface DisturberOptions {
  readonly world: World<Ctx>;
  readonly random: Random;
  readonly roles: Map<string, Ctx["role"]>;
  /** Profiles are copied in this run. */
  readonly hasCopies: boolean;
  readonly newToken: () => string;
  /** A person does something in this tab. */
  readonly act: (tab: Tab) => void;
}

const MAX_TABS = 3;
/** How likely a statement fails while the database is down. */
const DOWN = [0.5, 0.6];
const MAX_DEVICES = 12;

export class Disturber {
  readonly #options: DisturberOptions;
  readonly #owner = newOwner("fate");
  readonly #upkeep: Upkeep;
  readonly #attacker: Attacker<Ctx>;
  #backup: Backup | undefined;
  #isOver = false;
  count = 0;

  constructor(options: DisturberOptions) {
    this.#options = options;
    const { scheduler, states, server, overheard } = options.world;
    this.#attacker = new Attacker({
      ...{ random: options.random, scheduler, states, server, overheard },
      answered: (exchange) => options.world.answered(exchange),
      fail: (what) => options.world.fail(what),
    });
    this.#upkeep = new Upkeep({
      ...options,
      runAgain: () => this.#later("upkeep again", () => this.#upkeep.run(), 20_000),
    });
  }

  disturb(kind: Disturbance): void {
    this.count++;
    this.#options.world.scheduler.note(`fate: ${kind}`);
    this[kind]();
  }

  /** Nothing goes wrong any more. */
  heal(): void {
    const { world } = this.#options;
    this.#isOver = true;
    world.server.start();
    for (const device of world.devices) {
      device.isCut = false;
      device.online.switch(true);
      device.skewMs = 0;
      for (const tab of device.tabs) if (device.disk.isClosedFor(tab.owner)) this.#reload(tab);
      if ([...device.tabs].every(({ isClosing }) => isClosing)) world.openTab(device);
      for (const tab of device.tabs) {
        if (tab.owner.isFrozen) tab.thaw(true);
        tab.client.setOffline(false);
      }
    }
  }

  #device(): Device {
    return this.#options.random.pick(this.#options.world.devices);
  }

  #tab(): Tab | undefined {
    const { world, random } = this.#options;
    return world.tabs.length > 0 ? random.pick(world.tabs) : undefined;
  }

  #later(label: string, run: () => void, maxMs = 40_000): void {
    const { world, random } = this.#options;
    const delayMs = random.fraction() ** 2 * maxMs;
    world.scheduler.at(this.#owner, label, delayMs, run);
  }

  private openTab(): void {
    const device = this.#device();
    if (device.tabs.size < MAX_TABS) this.#options.world.openTab(device);
  }

  private closeTab(): void {
    this.#tab()
      ?.close()
      .catch(() => undefined);
  }

  private killTab(): void {
    const { act, random } = this.#options;
    const tab = this.#tab();
    if (!tab) return;
    if (tab.owner.isFrozen || random.chance(0.5)) return this.#kill(tab);
    // Right after somebody has done something.
    act(tab);
    this.#later("kill", () => tab.isAlive && !this.#isOver && this.#kill(tab), 30);
  }

  #kill(tab: Tab): void {
    const { world } = this.#options;
    if (tab.device.disk.hasInFlight(tab.owner)) {
      world.states.reached("tab killed with storage in flight");
    }
    if (world.network.hasInFlight(tab.owner)) {
      world.states.reached("tab killed with a request in flight");
    }
    tab.kill();
    if (this.#options.random.chance(0.6)) world.openTab(tab.device);
  }

  private freezeTab(): void {
    const tab = this.#tab();
    if (!tab || tab.owner.isFrozen) return;
    const { device } = tab;
    if (device.locks.holderOf(`plasma:${device.person}:leader`) === tab.owner) {
      this.#options.world.states.reached("tab frozen while it leads");
    }
    tab.freeze();
    this.#later("thaw", () => {
      if (tab.isAlive && tab.owner.isFrozen) tab.thaw(this.#options.random.chance(0.5));
    });
  }

  private setOffline(): void {
    const tab = this.#tab();
    if (!tab) return;
    if (tab.client.status.pending > 0) {
      this.#options.world.states.reached("device offline with mutations waiting");
    }
    tab.client.setOffline(true);
    this.#later("online again", () => tab.isAlive && tab.client.setOffline(false));
  }

  private cutLine(): void {
    const device = this.#device();
    device.isCut = true;
    this.#later("line mended", () => void (device.isCut = false));
  }

  private loseOnline(): void {
    const device = this.#device();
    device.isCut = true;
    device.online.switch(false);
    this.#later("network back", () => {
      device.isCut = false;
      device.online.switch(true);
    });
  }

  private crashServer(): void {
    const { server } = this.#options.world;
    server.crash();
    this.#later("server starts", () => server.start(), 5_000);
  }

  /** Down, but for a statement now and then. */
  private breakDatabase(): void {
    const { random, world } = this.#options;
    const { failsBefore } = world.faults;
    if (DOWN.includes(failsBefore)) return;
    world.faults = { ...world.faults, failsBefore: random.pick(DOWN) };
    this.#later(
      "database mended",
      () => {
        if (!this.#isOver) world.faults = { ...world.faults, failsBefore };
      },
      240_000,
    );
  }

  private compact(): void {
    const { world, random } = this.#options;
    const behind = random.pick([0, 0, 3, 20]);
    const moment = random.fraction();
    // The worst moments: somebody has the first page of what is forgotten now, or is about to get it.
    if (moment < 0.4) world.server.amidPage("later", () => this.#upkeep.compact(behind, true));
    else if (moment < 0.6) world.server.amidPage("first", () => this.#upkeep.compact(behind, true));
    else this.#upkeep.compact(behind, false);
  }

  private upkeep(): void {
    this.#upkeep.run();
    if (!this.#options.random.chance(0.3)) return;
    this.#later("upkeep dies", () => this.#upkeep.kill(), 200);
  }

  private attack(): void {
    for (let left = 1 + this.#options.random.below(3); left > 0; left--) {
      void this.#attacker.attack();
    }
  }

  private changeRole(): void {
    const { world, random, roles } = this.#options;
    const { person } = random.pick(world.devices);
    roles.set(person, roles.get(person) === "staff" ? "member" : "staff");
  }

  /** Somebody else's SQL. */
  private otherSql(): void {
    const { world, random } = this.#options;
    const id = random.pick(COUNTERS);
    const { database } = world.server;
    world.server.isWritten = true;
    database.prepare("UPDATE counters SET count = count + 7 WHERE id = ?").run(id);
    const row = database.prepare("SELECT version FROM _plasma_meta").get() as { version: number };
    world.states.reached("write by other SQL");
    world.timeline.wroteOtherwise(row.version, (state: ModelState) => {
      const counter = state["counters"]!.get(id)!;
      const count = (counter["count"] as number) + 7;
      const counters = new Map(state["counters"]).set(id, { ...counter, count });
      return { ...state, counters };
    });
  }

  private discard(): void {
    const { world, random } = this.#options;
    const open = world.history.ops.filter(({ status }) => status === "durable").slice(-8);
    if (open.length === 0) return;
    const op = random.pick(open);
    const tab = world.tabs.find(({ name, owner }) => name === op.tab && !owner.isFrozen);
    if (!tab) return;
    if (op.receipt) world.discard(op, tab.client.discardMutation(op.receipt));
  }

  private retryRejected(): void {
    const { world, random, newToken } = this.#options;
    const tab = this.#tab();
    if (!tab || tab.owner.isFrozen || tab.client.rejected.list().length === 0) return;
    const rejected = random.pick(tab.client.rejected.list());
    const token = newToken();
    const args = { ...(rejected.args as Op["args"]), token };
    this.#dismissed(rejected.uid);
    const op = world.newOp(tab, rejected.name, args);
    world.states.reached("rejected mutation tried again");
    world.follow(op, tab.client.retryRejected(rejected.uid, args));
  }

  private dismissRejected(): void {
    const tab = this.#tab();
    if (!tab || tab.owner.isFrozen) return;
    const shown = tab.client.rejected.list();
    for (const { uid } of shown.slice(0, this.#options.random.chance(0.5) ? 1 : shown.length)) {
      this.#dismissed(uid);
      void tab.client.dismissRejected(uid).catch(() => undefined);
    }
  }

  #dismissed(uid: string): void {
    const op = this.#options.world.history.byUid.get(uid);
    if (op) op.isDismissed = true;
  }

  /** An app that syncs when somebody comes back to it, in each of its tabs, whether or not it leads. */
  private syncNow(): void {
    const ask = this.#options.random.pick(["pullOnce", "pushOnce", "flush"] as const);
    const { devices } = this.#options.world;
    const several = devices.filter(({ tabs }) => tabs.size > 1);
    const device = this.#options.random.pick(several.length > 0 ? several : devices);
    for (const { owner, client } of device.tabs) {
      if (!owner.isFrozen) void client[ask]().catch(() => undefined);
    }
  }

  private clockJump(): void {
    const { random } = this.#options;
    this.#device().skewMs = random.pick([0, -3_600_000, 3_600_000, 86_400_000 * 3650]);
  }

  private clearDevice(): void {
    const { world } = this.#options;
    const device = this.#device();
    for (const tab of [...device.tabs]) tab.kill();
    device.disk.clear();
    world.states.reached("device cleared by the browser");
    world.openTab(device);
  }

  private copyProfile(): void {
    const from = this.#device();
    // One image for several devices.
    const copies = this.#options.random.pick([1, 1, 1, 2]);
    for (let at = 0; at < copies; at++) this.#copy(from);
  }

  #copy(from: Device): void {
    const { world } = this.#options;
    if (world.devices.length >= MAX_DEVICES) return;
    const copy = world.addDevice(from.person, from.pageSize);
    from.hasTwin = copy.hasTwin = true;
    const windows = Math.max(1, from.tabs.size);
    void from.disk.copyTo(copy.disk).then(() => {
      world.states.reached("profile copied");
      // Switched on when the other one has gone on for a while: all of its windows come back at once.
      this.#later("copy opens", () => {
        while (copy.tabs.size < windows) world.openTab(copy);
        if (!this.#isOver) this.#workInAllTabs(copy);
      });
    });
  }

  private workInAllTabs(): void {
    this.#workInAllTabs(this.#device());
  }

  /** One person, several windows, one moment. */
  #workInAllTabs(device: Device): void {
    const { act, random } = this.#options;
    for (const tab of device.tabs) {
      for (let left = random.below(3); left > 0; left--) {
        const isAble = () => tab.isAlive && !tab.owner.isFrozen && !this.#isOver;
        this.#later("work in all tabs", () => isAble() && act(tab), 200);
      }
    }
  }

  private forgetRows(): void {
    const tab = this.#tab();
    if (!tab || tab.owner.isFrozen) return;
    // Refuses while something is unsent.
    void tab.client.resetLocalState().catch(() => undefined);
  }

  private backUp(): void {
    this.#backup = this.#options.world.backUp();
  }

  private restore(): void {
    if (!this.#backup) return;
    this.#options.world.restore(this.#backup);
    this.#backup = undefined;
  }

  /** Browsers drop connections now and then, most of all in tabs that work. */
  private cutStorage(): void {
    const { act, random, world } = this.#options;
    const tab = this.#tab();
    if (!tab || tab.owner.isFrozen) return;
    if (random.chance(0.5)) act(tab);
    this.#later(
      "storage cut",
      () => {
        const { disk } = tab.device;
        if (!tab.isAlive || tab.owner.isFrozen) return;
        if (disk.hasInFlight(tab.owner)) {
          world.states.reached("storage connection lost with transactions in flight");
        }
        disk.cut(tab.owner);
      },
      30,
    );
  }

  /** As by a newer version of the app in another tab. The person reloads the page, sooner or later. */
  private closeStorage(): void {
    const { world } = this.#options;
    const tab = this.#tab();
    if (!tab || tab.owner.isFrozen || tab.isClosing) return;
    world.states.reached("storage closed by a newer version");
    tab.device.disk.closeFor(tab.owner);
    this.#later("reload", () => tab.isAlive && this.#reload(tab));
  }

  #reload(tab: Tab): void {
    tab.kill();
    this.#options.world.openTab(tab.device);
  }

  private fillDisk(): void {
    const { world } = this.#options;
    world.faults = { ...world.faults, fullness: 0.3 };
    this.#later("room again", () => void (world.faults = { ...world.faults, fullness: 0 }), 4_000);
  }
}
