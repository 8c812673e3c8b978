/** React hooks for plasma. */

export type { LiveQueryResult, QueryFactory } from "./live-query-store.ts";
export { PlasmaProvider } from "./plasma-provider.tsx";
export type { PlasmaProviderProps } from "./plasma-provider.tsx";
export { useLiveQuery } from "./use-live-query.ts";
export { useMutation } from "./use-mutation.ts";
export type { MutationCallbacks, UseMutationResult } from "./use-mutation.ts";
export { usePlasma } from "./use-plasma.ts";
export { useRejectedMutations } from "./use-rejected-mutations.ts";
export type { RejectedMutations } from "./use-rejected-mutations.ts";
export { useSyncStatus } from "./use-sync-status.ts";
