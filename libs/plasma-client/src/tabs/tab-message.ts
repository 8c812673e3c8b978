/**
 * What the tabs of one local database tell each other, after it is committed. The database stays the truth: a tab
 * that notices a gap, or does not understand a message, loads everything from there.
 *
 * 1. `appended`: entries that a tab has added to the outbox. A client's ids run without holes, so a missing one shows.
 * 2. `kept`: rows of local-only tables. `localSeq` grows by one with each. They count only on the same `baseSeq`.
 * 3. `pulled`: a pull that was applied. `baseSeq` grows by one with each, so a missing one shows.
 * 4. `changed`: anything rarer (discard, reset, renewed client id, dismissed rejections). Load from the database.
 * 5. `hello`: a tab has opened, and says how far it knows. Whoever knows less has missed something, and
 *    whoever knows another database: theirs was thrown away.
 */

import type { Rejection } from "@sh1n4ps/plasma-core";
import type {
  KeptLocally,
  OutboxEntry,
  RejectedMutation,
  RerunEntry,
  RowImage,
} from "../storage/engine.ts";

/** Rows of local-only tables as they were kept. */
export interface KeptRows extends KeptLocally {
  readonly images: readonly RowImage[];
}

/** A pull as it was applied: what a replica needs to follow it. */
export interface AppliedPull {
  readonly database: string;
  readonly baseSeq: number;
  readonly cookie: string;
  readonly syncedAt: number;
  readonly clear: boolean;
  readonly patch: readonly RowImage[];
  readonly lastMutationIDs: Readonly<Record<string, number>>;
  readonly rejections: readonly Rejection[];
  readonly rejected: readonly RejectedMutation[];
  readonly rerun: readonly RerunEntry[];
  /** The entries that did not have to run again, by `seq`. */
  readonly kept: readonly number[];
}

export type TabMessage =
  | {
      readonly kind: "appended";
      readonly entries: readonly OutboxEntry[];
      readonly dismissed: readonly string[];
    }
  | { readonly kind: "kept"; readonly rows: KeptRows }
  | { readonly kind: "pulled"; readonly pull: AppliedPull }
  | { readonly kind: "changed" }
  | {
      readonly kind: "hello";
      readonly database: string;
      readonly baseSeq: number;
      readonly heads: Readonly<Record<string, number>>;
      readonly localSeq: number;
    };

/** Where messages to the other tabs go, and where theirs come from. */
export interface TabChannel {
  post(message: TabMessage): void;
  subscribe(listener: (message: TabMessage) => void): () => void;
  close(): void;
}
