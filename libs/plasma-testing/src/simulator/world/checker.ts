/** What a checker may listen to. It says what is wrong; the first complaint ends the run. */

import type { SyncClientError } from "@sh1n4ps/plasma-client";
import type { SyncServerError } from "@sh1n4ps/plasma-server";
import type { Decision, Timeline } from "../timeline.ts";
import type { ReferenceModel } from "../reference.ts";
import type { Device, Tab } from "./device.ts";
import type { Disk, PullCommit, PullOutcome, StoredState } from "./disk.ts";
import type { History, Op } from "./history.ts";
import type { Exchange } from "./network.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SimServer } from "./server.ts";
import type { StateCounts } from "./states.ts";

/** How often a mutation has reached the server, and when it did so first. */
export interface Arrivals {
  readonly firstAt: number;
  times: number;
}

export interface WorldView<Ctx> {
  readonly model: ReferenceModel<Ctx>;
  readonly timeline: Timeline<Ctx>;
  readonly history: History;
  readonly devices: readonly Device[];
  readonly states: StateCounts;
  readonly server: Pick<SimServer<Ctx>, "database" | "runMaintenance">;
  readonly scheduler: Pick<Scheduler, "now">;
  /** When the server gives a mutation up that fails. */
  readonly quarantine: { readonly attempts: number; readonly afterMs: number };
  arrivalsOf(uid: string): Arrivals | undefined;
  ctxOf(person: string): Ctx;
  /** Whom the server took the asker for when it gave this cookie. */
  ctxOfCookie(cookie: string): Ctx | undefined;
  deviceOf(disk: Disk): Device;
  /** The device has lost everything since. */
  wasCleared(op: Op): boolean;
  /**
   * The database was restored from a backup that did not know of it, and its device has not been told so: what waits there
   * when it is told is applied once on the restored state.
   */
  wasUndone(op: Op): boolean;
  fail(what: string): void;
}

type ShownRows = readonly Readonly<Record<string, unknown>>[];

/** What a live query has just shown. */
export interface Emission {
  readonly tab: Tab;
  /** The name of a table, all of whose rows it shows, or of another query. */
  readonly query: string;
  readonly rows: ShownRows;
  /** What it shows when it is asked anew. */
  askAnew(): Promise<ShownRows>;
}

export interface Checker<Ctx> {
  decided?(decision: Decision): void;
  /** The database is that of a backup; what it had decided since is undone. */
  restored?(undone: readonly Decision[]): void;
  answered?(exchange: Exchange<Ctx>): void;
  pulled?(disk: Disk, commit: PullCommit, outcome: PullOutcome): void | Promise<void>;
  /** What a disk holds, after a transaction has changed it. */
  stored?(disk: Disk, state: StoredState, what: string): void;
  emitted?(emission: Emission): void;
  /** Nothing is left to do that needs no time. */
  stepped?(): void | Promise<void>;
  /** What somebody was told who gave a mutation up. */
  toldOfDiscard?(op: Op, outcome: "discarded" | "alreadyApplied"): void;
  told?(op: Op): void | Promise<void>;
  clientError?(tab: Tab, error: SyncClientError): void;
  serverError?(error: SyncServerError): void;
  /** Everything has healed and nothing is left to do. */
  rested?(): void | Promise<void>;
}

export type MakeChecker<Ctx> = (world: WorldView<Ctx>) => Checker<Ctx>;
