/** The client: storage, replica, live queries and the sync loop put together, and nothing more. */

import { decodeTagged, readDb, requireRunnable } from "@sh1n4ps/plasma-core";
import type { AnyMutators, MutatorArgs, ReadDb, Schema } from "@sh1n4ps/plasma-core";
import { queryFailed } from "./errors.ts";
import type { SyncClientError } from "./errors.ts";
import { Listeners } from "./listeners.ts";
import { LiveQueries } from "./live/live-queries.ts";
import { openAgain } from "./open-again.ts";
import { DEFAULT_MANY_ROWS } from "./options.ts";
import type { LogLevel, PlasmaClientOptions } from "./options.ts";
import { browserPlatform } from "./platform.ts";
import type { Platform } from "./platform.ts";
import { explainQuery } from "./replica/explain.ts";
import { answerPlainly, watchFullScans } from "./replica/full-scans.ts";
import type { MutationRef } from "./replica/mutation-ref.ts";
import { Replica } from "./replica/replica.ts";
import type { DiscardOutcome, MutationHandle } from "./replica/replica.ts";
import type { RejectedMutation as StoredRejection } from "./storage/engine.ts";
import { answerQuery } from "./replica/rows.ts";
import { openEngine } from "./storage/open-engine.ts";
import { createSyncLoop } from "./sync/sync-loop.ts";
import type { SyncLoop } from "./sync/sync-loop.ts";
import type { SyncStatus as LoopStatus } from "./sync/sync-status.ts";
import { seekLeadership } from "./tabs/leadership.ts";
import { openTabChannel } from "./tabs/tab-channel.ts";

export interface SyncStatus extends LoopStatus {
  /** False where nothing survives the page, because the browser offers no storage. */
  readonly durable?: boolean;
}

/** A mutation that the server refused, or that a reset gave up. */
export interface RejectedMutation {
  readonly uid: string;
  readonly name: string;
  /** What `client.mutate` was given. */
  readonly args: unknown;
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
  readonly timestamp: number;
}

export interface RejectedMutations {
  /** The same array until something in it changes. */
  list(): readonly RejectedMutation[];
  subscribe(listener: () => void): () => void;
}

export interface PlasmaClient<S extends Schema = Schema, M extends AnyMutators = AnyMutators> {
  readonly schema: S;
  /** Reads what this device shows: confirmed rows with pending mutations over them. */
  readonly db: ReadDb<S>;
  /** This tab's replica; null until the client is open. */
  readonly clientID: string | null;
  /** The same object until something in it changes. */
  readonly status: SyncStatus;
  subscribeStatus(listener: () => void): () => void;
  readonly rejected: RejectedMutations;
  /**
   * Applies a mutation at once. Resolves when it is durable on the device; `.confirmed` is the server's word. What keeps
   * it from storage is told to `onError` as well, so that the promise may be left alone.
   */
  mutate<K extends keyof M & string>(name: K, args: MutatorArgs<M, K>): MutationHandle;
  /**
   * Gives up a mutation that the server has not decided yet: one of this tab by its number, any by its receipt. Hand over
   * the whole receipt: its uid names the mutation also when it has got another client id and number meanwhile.
   */
  discardMutation(mutation: number | MutationRef): Promise<DiscardOutcome>;
  /** Makes a refused mutation anew, with other args if given. */
  retryRejected(uid: string, args?: unknown): MutationHandle;
  dismissRejected(uid: string): Promise<void>;
  /** Opens the local database and starts to sync. */
  start(): Promise<void>;
  /** Stops syncing. Reading and mutating go on. */
  stop(): void;
  /** Resolves when what is pending now was pushed, and a pull has confirmed it. */
  flush(): Promise<void>;
  pushOnce(): Promise<void>;
  pullOnce(): Promise<void>;
  setOffline(offline: boolean): void;
  /**
   * Forgets the local rows, and goes on under a fresh client id. Refuses while mutations are unsent unless told
   * `{ discardOutbox: true }`: they are in `rejected` then.
   */
  resetLocalState(options?: { readonly discardOutbox?: boolean }): Promise<void>;
  /** An id for a new row. */
  newId(): string;
  /** Stops syncing and closes the local database, for good. */
  dispose(): Promise<void>;
}

// A client of any app: mutators are contravariant in their args, so that `unknown` would refuse every real one.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyPlasmaClient = PlasmaClient<any, any>;

export function createPlasmaClient<S extends Schema, M extends AnyMutators>(
  options: PlasmaClientOptions<S, M>,
): PlasmaClient<S, M> {
  requireRunnable(options.schema);
  const platform = withLogLevel(options.platform ?? browserPlatform(), options.logLevel ?? "warn");
  const { schema, mutators, dbName, clientGroupID, durability, getContext } = options;
  const engine =
    options.engine ?? openEngine({ schema, dbName, clientGroupID, platform, durability });
  // Everything waits for this, and what is made meanwhile does not.
  engine.prepare?.();
  const listenerFailed = (cause: unknown) =>
    platform.log("error", "A live query or a listener failed.", cause);
  const errorListeners = new Listeners<[SyncClientError]>(listenerFailed);
  if (options.onError) errorListeners.subscribe(options.onError);
  const onError = (error: SyncClientError) => {
    platform.log("warn", error.message, error);
    errorListeners.tell(error);
  };
  const replica = new Replica({
    schema,
    mutators,
    dbName,
    engine,
    platform,
    getContext,
    channel: openTabChannel(platform, dbName),
    onError,
  });
  const many = options.warnOnFullScan ?? (options.development ? DEFAULT_MANY_ROWS : false);
  const answer =
    many === false
      ? answerPlainly
      : watchFullScans({
          rows: many,
          warn: (message, details) => platform.log("warn", message, details),
        });
  const live = new LiveQueries({
    source: replica,
    answer,
    onFailure: listenerFailed,
    onQueryFailure: (cause) => onError(queryFailed(cause)),
  });

  let loop: SyncLoop | undefined;
  let isOffline = options.offline ?? false;
  let isStarted = false;
  let isDisposed = false;
  let seeksLeadership = false;
  let stepDown: (() => void) | undefined;
  let status: SyncStatus = readStatus();
  let rejected = { stored: replica.state.rejected, list: [] as readonly RejectedMutation[] };
  const statusListeners = new Listeners(listenerFailed);
  const rejectedListeners = new Listeners(listenerFailed);

  const startAgain = () => void client.start().catch(() => undefined);
  const opening = openAgain({ platform, retry: options.retry, open: startAgain });
  const unsubscribeVisible = platform.visible.subscribe(() => {
    if (!platform.visible.current()) return;
    if (isStarted && replica.state.openingError) startAgain();
    else catchUp();
  });
  replica.subscribeState(() => {
    if (replica.state.error) client.stop();
    reviewStatus();
    loop?.replicaChanged();
    if (rejected.stored === replica.state.rejected) return;
    rejected = { stored: replica.state.rejected, list: replica.state.rejected.map(shown) };
    rejectedListeners.tell();
  });

  const client: PlasmaClient<S, M> = {
    schema,
    db: readDb(schema, {
      select: async (query) => {
        await replica.open();
        return answer(query, replica.rows, answerQuery);
      },
      live: (query) => live.watch(query),
      explain: async (query) => {
        await replica.open();
        return explainQuery(query, replica.rows);
      },
    }),
    get clientID() {
      return replica.state.isOpen ? replica.clientID : null;
    },
    get status() {
      return status;
    },
    subscribeStatus: statusListeners.subscribe,
    rejected: {
      list: () => rejected.list,
      subscribe: rejectedListeners.subscribe,
    },
    mutate: (name, args) => replica.mutate(name, args),
    discardMutation: (ref) => replica.discardMutation(ref),
    retryRejected: (uid, args) => replica.retryRejected(uid, args),
    dismissRejected: (uid) => replica.dismissRejected(uid),

    async start() {
      isStarted = !isDisposed;
      const running = await openLoop().catch((error: unknown) => {
        if (isStarted) opening.later();
        throw error;
      });
      opening.end();
      if (!isStarted) return;
      running.start();
      reviewLeadership();
    },
    stop() {
      isStarted = false;
      opening.end();
      loop?.stop();
      reviewLeadership();
    },
    async flush() {
      const running = await openLoop();
      await replica.whenStored();
      await running.flush();
    },
    pushOnce: async () => (await openLoop()).pushOnce(),
    pullOnce: async () => (await openLoop()).pullOnce(),
    setOffline(offline) {
      isOffline = offline;
      loop?.setOffline(offline);
      reviewLeadership();
    },
    resetLocalState: async (reset) => {
      await replica.resetLocalState(reset);
      if (isStarted && !isOffline) await loop?.pullOnce().catch(() => undefined);
    },
    newId: () => platform.random.uuid(),
    async dispose() {
      isDisposed = true;
      client.stop();
      unsubscribeVisible();
      loop?.dispose();
      await replica.close();
    },
  };
  return client;

  async function openLoop(): Promise<SyncLoop> {
    await replica.open();
    if (loop) return loop;
    const { authHeaders } = options;
    loop = createSyncLoop({
      replica,
      options: {
        ...options,
        offline: isOffline,
        ...(authHeaders && {
          authHeaders: async () => {
            const headers = await authHeaders();
            await replica.refreshContext();
            return headers;
          },
        }),
      },
      platform,
      onError,
      leader: !sharesDatabase(),
    });
    loop.subscribeStatus(() => {
      reviewStatus();
      reviewLeadership();
    });
    reviewStatus();
    return loop;
  }

  /** Messages of other tabs are lost on a tab that is frozen or put away. */
  function catchUp(): void {
    replica.catchUp().catch((cause: unknown) => {
      platform.log("warn", "What other tabs have changed could not be loaded.", cause);
    });
  }

  /** Tabs share nothing where each keeps its rows in its own memory. */
  function sharesDatabase(): boolean {
    return engine.durable && platform.locks !== undefined;
  }

  /** A tab that does not sync, or cannot (an old version of the app, signed out), must not keep the others from it. */
  function reviewLeadership(): void {
    const wants =
      isStarted && !isOffline && sharesDatabase() && loop && loop.status.connection !== "paused";
    if (Boolean(wants) === seeksLeadership) return;
    seeksLeadership = !seeksLeadership;
    if (wants) {
      // A loop that was paused goes on as a leader, although others may lead by now.
      loop?.setLeader(false);
      stepDown = seekLeadership({
        dbName,
        platform,
        onChange: (isLeader) => loop?.setLeader(isLeader),
        onMissed: catchUp,
      });
    } else {
      stepDown?.();
      stepDown = undefined;
    }
  }

  function readStatus(): SyncStatus {
    const { pending, firstSync, syncedAt, durable, error, openingError } = replica.state;
    const running = loop?.status;
    const problem = error ?? openingError ?? running?.error;
    return {
      connection: running?.connection ?? "stopped",
      pending,
      lastSyncedAt: syncedAt,
      firstSync,
      progress: running?.progress ?? null,
      durable,
      ...(problem && { error: problem }),
    };
  }

  function reviewStatus(): void {
    const next = readStatus();
    const keys = [
      "connection",
      "pending",
      "lastSyncedAt",
      "firstSync",
      "progress",
      "durable",
      "error",
    ] as const;
    if (keys.every((key) => status[key] === next[key])) return;
    status = next;
    statusListeners.tell();
  }
}

function shown({
  uid,
  name,
  args,
  code,
  message,
  details,
  timestamp,
}: StoredRejection): RejectedMutation {
  return {
    uid,
    name,
    args: decodeTagged(args),
    code,
    message,
    ...(details !== undefined && { details }),
    timestamp,
  };
}

const SEVERITY: Record<LogLevel, number> = { silent: 0, error: 1, warn: 2, debug: 3 };

function withLogLevel(platform: Platform, level: LogLevel): Platform {
  return {
    ...platform,
    log: (severity, message, details) => {
      if (SEVERITY[severity] <= SEVERITY[level]) platform.log(severity, message, details);
    },
  };
}
