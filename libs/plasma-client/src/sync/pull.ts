/**
 * One pull run: fetches all pages of one pull, and has them applied as one.
 *
 * 1. Nothing is applied before the last page is here, so that no one ever sees half of a snapshot.
 * 2. A pull that was overtaken begins again: by the server (409 "restart-pull": the snapshot is gone) or by another
 *    tab ("stale": the cookie has moved). Both mean that something went on elsewhere, so it ends; the number of
 *    attempts is bounded all the same.
 * 3. Whoever waits for the last page is told after each one how much has come.
 * 4. First of all it looks for what other tabs have stored: their messages get lost on a tab that stands still, and
 *    the one that leads has to push what they wrote.
 */

import type { PullResponse } from "@sh1n4ps/plasma-core";
import { SyncClientError } from "../errors.ts";
import type { PullState, SyncReplica } from "../replica/sync-replica.ts";
import { failureOf, localFailure } from "./sync-failure.ts";
import type { SyncFailure } from "./sync-failure.ts";
import type { Transport } from "./transport.ts";

export interface PullRun {
  readonly replica: SyncReplica;
  readonly transport: Transport;
  readonly pageSize: number;
  readonly signal: AbortSignal;
  /** After each page that is not the last. */
  readonly onProgress: (progress: PullProgress) => void;
}

/** What the pages of a pull under way have brought so far. */
export interface PullProgress {
  readonly rows: number;
  /** Of JSON, after any compression was undone. */
  readonly bytes: number;
}

export type PullRunOutcome =
  | { readonly kind: "applied" }
  | { readonly kind: "failed"; readonly failure: SyncFailure }
  | { readonly kind: "aborted" };

const MAX_STARTS = 5;

export async function runPull(run: PullRun): Promise<PullRunOutcome> {
  await run.replica.catchUp();
  for (let start = 0; start < MAX_STARTS; start += 1) {
    const request = run.replica.pullState();
    const fetched = await fetchPages(run, request);
    if (fetched.kind === "restart") continue;
    if (fetched.kind !== "pages") return fetched;
    try {
      const outcome = await run.replica.applyPull(request, fetched.pages);
      if (outcome === "applied") return { kind: "applied" };
    } catch (cause) {
      return { kind: "failed", failure: localFailure(cause) };
    }
    if (run.signal.aborted) return { kind: "aborted" };
  }
  const error = new SyncClientError("pull-http", "Each pull was overtaken by a newer one.");
  return { kind: "failed", failure: { kind: "transient", error, retryAfterMs: null } };
}

type Fetched =
  | { readonly kind: "pages"; readonly pages: readonly PullResponse[] }
  | { readonly kind: "restart" }
  | Exclude<PullRunOutcome, { kind: "applied" }>;

async function fetchPages(run: PullRun, { cookie, clients }: PullState): Promise<Fetched> {
  const { replica, transport, pageSize, signal } = run;
  const pages: PullResponse[] = [];
  let progress: PullProgress = { rows: 0, bytes: 0 };
  let position = cookie;
  for (;;) {
    const request = { clientID: replica.clientID, cookie: position, limit: pageSize, clients };
    const result = await transport.pull(request, signal);
    switch (result.kind) {
      case "aborted":
        return result;
      case "http-error":
        if (result.status === 409 && result.code === "restart-pull") return { kind: "restart" };
        return { kind: "failed", failure: failureOf(result, "pull") };
      case "network":
      case "malformed":
        return { kind: "failed", failure: failureOf(result, "pull") };
      case "ok":
        pages.push(result.value);
        if (!result.value.hasMore) return { kind: "pages", pages };
        // The same page for ever is no progress.
        if (result.value.cookie === position) return { kind: "failed", failure: standstill() };
        position = result.value.cookie;
        progress = {
          rows: progress.rows + result.value.patch.filter(({ op }) => op === "put").length,
          bytes: progress.bytes + result.bytes,
        };
        run.onProgress(progress);
    }
  }
}

function standstill(): SyncFailure {
  const message = "The answer to a pull says that more follows, and does not move on.";
  return { kind: "persistent", error: new SyncClientError("invalid-response", message) };
}
