/** The mutations that the server refused, until they are retried or dismissed. */

import type { RejectedMutation } from "@sh1n4ps/plasma-client";
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { useClient } from "./plasma-provider.tsx";

export interface RejectedMutations {
  readonly rejected: readonly RejectedMutation[];
  /** Makes the mutation anew, with the same args or with better ones. Rejects if it cannot even be made here. */
  readonly retry: (uid: string, args?: unknown) => Promise<void>;
  readonly dismiss: (uid: string) => Promise<void>;
}

export function useRejectedMutations(): RejectedMutations {
  const client = useClient();
  const subscribe = useCallback(
    (onChange: () => void) => client?.rejected.subscribe(onChange) ?? (() => undefined),
    [client],
  );
  const getSnapshot = useCallback(() => client?.rejected.list() ?? NONE, [client]);
  const rejected = useSyncExternalStore(subscribe, getSnapshot, none);
  return useMemo(
    () => ({
      rejected,
      retry: async (uid, args) => {
        await client?.retryRejected(uid, args);
      },
      dismiss: async (uid) => {
        await client?.dismissRejected(uid);
      },
    }),
    [client, rejected],
  );
}

const NONE: readonly RejectedMutation[] = Object.freeze([]);

function none(): readonly RejectedMutation[] {
  return NONE;
}
