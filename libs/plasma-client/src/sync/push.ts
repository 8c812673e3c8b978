/**
 * One push run: sends every outbox that can be sent, in chunks that the server takes.
 *
 * 1. An answer settles nothing here: entries leave the outbox with the pull that shows them. What was answered is
 *    only remembered, so that it is not sent twice before that pull.
 * 2. A gap names the id that the server expects: sending goes on from there. If that lies before everything pending,
 *    the server has lost this client's past, and the mutations move to a fresh client id.
 * 3. What is wrong with one outbox (403, 413 for a single mutation, any other refusal) parks that outbox for a while
 *    and leaves the others alone. Nothing is ever dropped.
 * 4. What is wrong with the server or the line ends the run. The outbox that met it goes last in the next one, so
 *    that a mutation the server chokes on does not keep the others waiting.
 * 5. A push holds mutations that were made on the same rows (their base), because it says so of all of them.
 * 6. A push is marked as a retry if the one before it got no answer of plasma's server: one of its mutations may have taken
 *    the server down. A server that answers for itself is alive, whatever it says.
 */

import type { PushResponse, WireMutation } from "@sh1n4ps/plasma-core";
import { SyncClientError } from "../errors.ts";
import type { PendingPush, SyncReplica } from "../replica/sync-replica.ts";
import { failureOf, httpClientError, localFailure } from "./sync-failure.ts";
import type { SyncFailure } from "./sync-failure.ts";
import type { Transport, TransportHttpError, TransportResult } from "./transport.ts";

export const DEFAULT_MAX_MUTATIONS_PER_PUSH = 200;
/** Leaves room for the rest of the body below the server's 1 MiB. */
export const DEFAULT_MAX_PUSH_BYTES = 900_000;

export interface PushLimits {
  readonly maxMutations: number;
  readonly maxBytes: number;
}

export interface ParkedOutbox {
  readonly error: SyncClientError;
  /** When it may be tried again. */
  readonly retryAt: number;
}

/** What is remembered from one run to the next. Nothing of it is needed to be right, only to be frugal. */
export interface PushMemory {
  /** For each client: the server has answered for its mutations up to this id, and no pull has shown it yet. */
  readonly answered: Map<string, number>;
  readonly parked: Map<string, ParkedOutbox>;
  /** Whose push failed last. */
  lastFailed: string | null;
  /** For each client whose last push got no answer: the last mutation that was in it. */
  readonly unanswered: Map<string, number>;
  /** Moves to fresh client ids since a push was last accepted: a server that knows nobody must not get ids without end. */
  renewals: number;
}

export interface PushRun {
  readonly replica: SyncReplica;
  readonly transport: Transport;
  readonly memory: PushMemory;
  readonly limits: PushLimits;
  readonly signal: AbortSignal;
  readonly now: number;
  readonly parkForMs: number;
  /** An outbox was parked that was not parked for the same reason before. */
  readonly onParked: (error: SyncClientError) => void;
}

export type PushOutcome =
  | { readonly kind: "pushed"; readonly sent: number; readonly more: boolean }
  | { readonly kind: "failed"; readonly failure: SyncFailure }
  | { readonly kind: "aborted" };

const MAX_GAPS_PER_OUTBOX = 3;
const MAX_RENEWALS = 3;

export function newPushMemory(): PushMemory {
  return {
    answered: new Map(),
    parked: new Map(),
    lastFailed: null,
    unanswered: new Map(),
    renewals: 0,
  };
}

export async function runPush(run: PushRun): Promise<PushOutcome> {
  const { memory } = run;
  let sent = 0;
  let more = false;
  const outboxes = run.replica.pendingPushes();
  forgetSettled(memory, outboxes);
  for (const outbox of inOrder(outboxes, memory.lastFailed)) {
    const parked = memory.parked.get(outbox.clientID);
    if (parked && parkedFor(parked, run.now, run.parkForMs) > 0) continue;
    const outcome = await pushOutbox(run, outbox);
    switch (outcome.kind) {
      case "sent":
        sent += outcome.sent;
        memory.parked.delete(outbox.clientID);
        break;
      case "renewed":
        more = true;
        break;
      case "parked":
        park(run, outbox.clientID, outcome.error);
        break;
      case "failed":
        memory.lastFailed = outbox.clientID;
        return outcome;
      case "aborted":
        return outcome;
    }
  }
  memory.lastFailed = null;
  return { kind: "pushed", sent, more };
}

/** What is not in the outbox any more (settled by another tab, moved to another client id) is not parked either. */
export function forgetSettled({ parked }: PushMemory, outboxes: readonly PendingPush[]): void {
  for (const clientID of [...parked.keys()]) {
    if (!outboxes.some((outbox) => outbox.clientID === clientID)) parked.delete(clientID);
  }
}

/** How much longer an outbox waits: not above `atMostMs`, because a clock that was set back must not hold it for ever. */
export function parkedFor({ retryAt }: ParkedOutbox, now: number, atMostMs: number): number {
  return retryAt - now > atMostMs ? 0 : Math.max(retryAt - now, 0);
}

type OutboxOutcome =
  | { readonly kind: "sent"; readonly sent: number }
  | { readonly kind: "renewed" }
  | { readonly kind: "parked"; readonly error: SyncClientError }
  | Exclude<PushOutcome, { kind: "pushed" }>;

async function pushOutbox(run: PushRun, outbox: PendingPush): Promise<OutboxOutcome> {
  const { clientID, confirmed } = outbox;
  const { memory } = run;
  let limits = run.limits;
  let gaps = 0;
  let sent = 0;
  const answered = memory.answered.get(clientID) ?? 0;
  let remaining = outbox.mutations.filter(({ id }) => id > answered);
  while (remaining.length > 0) {
    const mutations = takeChunk(remaining, limits, outbox.bases);
    const first = mutations[0]?.id ?? 0;
    const base = outbox.bases?.get(first);
    const isRetry = first <= (memory.unanswered.get(clientID) ?? 0);
    const request = {
      clientID,
      confirmed,
      mutations,
      ...(base !== undefined && { base }),
      ...(isRetry && { retry: true as const }),
    };
    // It would not be sent, and nobody would owe an answer.
    if (run.signal.aborted) return { kind: "aborted" };
    const result = await run.transport.push(request, run.signal);
    if (isTooLarge(result) && mutations.length > 1) {
      limits = { ...limits, maxMutations: Math.ceil(mutations.length / 2) };
      continue;
    }
    if (isServersAnswer(result)) memory.unanswered.delete(clientID);
    else memory.unanswered.set(clientID, mutations.at(-1)?.id ?? 0);
    if (result.kind === "aborted") return result;
    if (result.kind === "ok") {
      const decided = decidedUpTo(result.value, mutations);
      if (decided === null) return { kind: "failed", failure: undecided() };
      memory.answered.set(clientID, decided);
      memory.renewals = 0;
      remaining = remaining.filter(({ id }) => id > decided);
      sent += mutations.length;
      continue;
    }
    if (result.kind === "http-error") {
      if (isForgotten(result, outbox)) return renew(run, clientID, result);
      const expected = expectedID(result);
      if (expected !== null && expected < first && gaps < MAX_GAPS_PER_OUTBOX) {
        gaps += 1;
        memory.answered.delete(clientID);
        remaining = outbox.mutations.filter(({ id }) => id >= expected);
        continue;
      }
    }
    const failure = failureOf(result, "push");
    if (failure.kind !== "forbidden" && failure.kind !== "persistent") {
      return { kind: "failed", failure };
    }
    // A wrong address concerns everybody; other refusals of this kind concern what was sent.
    if (result.kind === "http-error" && (result.status === 404 || result.status === 405)) {
      return { kind: "failed", failure };
    }
    return { kind: "parked", error: failure.error };
  }
  return { kind: "sent", sent };
}

/** Too large: none of it has run, so that it tells nothing of what became of the push before. */
function isTooLarge(result: TransportResult<PushResponse>): boolean {
  return result.kind === "http-error" && result.status === 413;
}

function isServersAnswer(result: TransportResult<PushResponse>): boolean {
  return result.kind === "ok" || (result.kind === "http-error" && result.isServers);
}

/** The last of the sent mutations that the server has decided, or null if it has decided none of them. */
function decidedUpTo(response: PushResponse, mutations: readonly WireMutation[]): number | null {
  const first = mutations[0]?.id ?? 0;
  const last = mutations.at(-1)?.id ?? 0;
  return response.lastMutationID < first ? null : Math.min(response.lastMutationID, last);
}

function undecided(): SyncFailure {
  const message =
    "The server could not decide on the mutations sent. The client tries again by itself.";
  return {
    kind: "transient",
    error: new SyncClientError("push-http", message),
    retryAfterMs: null,
  };
}

/** The server knows nothing of this client, or something else than we do: ids alone do not bring us together. */
function isForgotten(answer: TransportHttpError, outbox: PendingPush): boolean {
  if (answer.status === 409 && answer.code === "client-forked") return true;
  const expected = expectedID(answer);
  return expected !== null && expected < (outbox.mutations[0]?.id ?? 0);
}

function expectedID({ status, code, details }: TransportHttpError): number | null {
  if (status !== 409 || code !== "gap" || typeof details !== "object" || details === null)
    return null;
  const expected: unknown = "expected" in details ? details.expected : null;
  return typeof expected === "number" && Number.isSafeInteger(expected) && expected > 0
    ? expected
    : null;
}

async function renew(
  { replica, memory }: PushRun,
  clientID: string,
  answer: TransportHttpError,
): Promise<OutboxOutcome> {
  if (memory.renewals >= MAX_RENEWALS) {
    return { kind: "parked", error: httpClientError(answer, "push") };
  }
  memory.renewals += 1;
  memory.answered.delete(clientID);
  try {
    await replica.renewClient(clientID);
    return { kind: "renewed" };
  } catch (cause) {
    return { kind: "failed", failure: localFailure(cause) };
  }
}

function park(
  { memory, now, parkForMs, onParked }: PushRun,
  clientID: string,
  error: SyncClientError,
) {
  const before = memory.parked.get(clientID);
  memory.parked.set(clientID, { error, retryAt: now + parkForMs });
  if (before?.error.message !== error.message) onParked(error);
}

function inOrder(outboxes: readonly PendingPush[], last: string | null): readonly PendingPush[] {
  const isLast = ({ clientID }: PendingPush) => clientID === last;
  return [...outboxes.filter((outbox) => !isLast(outbox)), ...outboxes.filter(isLast)];
}

function takeChunk(
  mutations: readonly WireMutation[],
  limits: PushLimits,
  bases: PendingPush["bases"],
): readonly WireMutation[] {
  const base = bases?.get(mutations[0]?.id ?? 0);
  let bytes = 0;
  let count = 0;
  for (const mutation of mutations.slice(0, limits.maxMutations)) {
    bytes += byteLength(mutation) + 1;
    // One always goes: whether it is too large is for the server to say.
    if (count > 0 && (bytes > limits.maxBytes || bases?.get(mutation.id) !== base)) break;
    count += 1;
  }
  return mutations.slice(0, count);
}

function byteLength(mutation: WireMutation): number {
  return new TextEncoder().encode(JSON.stringify(mutation)).byteLength;
}
