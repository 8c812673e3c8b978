/** What the handler measures about each request. Nothing in it tells who asked, or what for. */

import type { PullResponse, PushResponse } from "@sh1n4ps/plasma-core";

export type Endpoint = "push" | "pull" | "ticket" | "coordinator";

/** One request, after its answer. */
export interface SyncServerMetric {
  /** Null for a path that is none of them. */
  readonly endpoint: Endpoint | null;
  readonly status: number;
  /** Why it was refused; null if it was not. */
  readonly code: string | null;
  /** Until the answer was ready, in milliseconds. Workers stop their clocks between calls of the database. */
  readonly durationMs: number;
  readonly push?: PushMetric;
  readonly pull?: PullMetric;
}

export interface PushMetric {
  /** How many were sent, and what became of them; the rest was not decided. */
  readonly mutations: number;
  readonly ok: number;
  readonly refused: number;
}

export interface PullMetric {
  readonly rows: number;
  readonly removed: number;
  /** Whether the client's rows are replaced, because it is new or its cookie was worth nothing. */
  readonly isSnapshot: boolean;
  readonly hasMore: boolean;
}

/** Filled in while a request is answered. */
export interface RequestTrace {
  endpoint: Endpoint | null;
  push?: PushMetric;
  pull?: PullMetric;
}

export function measurePush(mutations: number, { results }: PushResponse): PushMetric {
  const count = (wanted: string) => results.filter(({ status }) => status === wanted).length;
  return { mutations, ok: count("ok"), refused: count("error") };
}

export function measurePull({ patch, hasMore }: PullResponse): PullMetric {
  const count = (op: string) => patch.filter((operation) => operation.op === op).length;
  return { rows: count("put"), removed: count("del"), isSnapshot: count("clear") > 0, hasMore };
}
