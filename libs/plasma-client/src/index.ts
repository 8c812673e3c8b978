/** The browser side of plasma: storage, replica, live queries and the sync loop. */

export { createPlasmaClient } from "./client.ts";
export type {
  AnyPlasmaClient,
  PlasmaClient,
  RejectedMutation,
  RejectedMutations,
  SyncStatus,
} from "./client.ts";
export { SyncClientError } from "./errors.ts";
export type { SyncClientErrorKind, SyncClientErrorOptions } from "./errors.ts";
export type {
  Durability,
  LogLevel,
  MutatorContext,
  PlasmaClientOptions,
  RetryOptions,
  SchemaDecision,
  Subscribe,
  Subscription,
  SubscriptionInput,
} from "./options.ts";
export { classifyIvm } from "./live/classify-ivm.ts";
export type { IvmClass } from "./live/classify-ivm.ts";
export { browserPlatform } from "./platform.ts";
export type { BroadcastPort, Fetcher, Platform, Signal, TimerHandle } from "./platform.ts";
export type { MutationRef } from "./replica/mutation-ref.ts";
export type { DiscardOutcome, MutationHandle, MutationReceipt } from "./replica/replica.ts";
export type { Engine } from "./storage/engine.ts";
export { createIdbEngine } from "./storage/idb-engine.ts";
export type { IdbEngineOptions } from "./storage/idb-engine.ts";
export { createMemoryEngine } from "./storage/memory-engine.ts";
export type { PullProgress } from "./sync/pull.ts";
export type { SyncConnection } from "./sync/sync-status.ts";
export { createWebSocketSubscription } from "./sync/websocket-subscription.ts";
