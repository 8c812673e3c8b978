/** One of the app's mutators, with what a form needs to show about it. */

import type { MutationHandle, MutationReceipt } from "@sh1n4ps/plasma-client";
import { PlasmaError } from "@sh1n4ps/plasma-core";
import type { AnyMutators, MutatorArgs } from "@sh1n4ps/plasma-core";
import { useCallback, useLayoutEffect, useRef, useState } from "react";
import { useClient } from "./plasma-provider.tsx";

export interface MutationCallbacks<Args> {
  /** It is applied, and durable on this device. */
  readonly onSuccess?: (args: Args) => void;
  /** It could not be made here: its args are not valid, it is certainly forbidden, the device is full. */
  readonly onError?: (error: Error, args: Args) => void;
  /** The server has taken it. This can be long after the component is gone. */
  readonly onConfirmed?: (args: Args) => void;
  /** The server has refused it; it is in `useRejectedMutations` as well. Not called for one that was discarded. */
  readonly onRejected?: (error: Error, args: Args) => void;
}

export interface UseMutationResult<Args> {
  /** Always the same function. Its promise may be left alone: a failure is in `error` too. */
  readonly mutate: (args: Args) => MutationHandle;
  /** A mutation is on its way to this device's storage. */
  readonly isPending: boolean;
  /** Why the last mutation could not be made on this device. */
  readonly error: Error | null;
  readonly reset: () => void;
}

/**
 * ```tsx
 * const { mutate, isPending, error } = useMutation<typeof mutators, "addTodo">("addTodo");
 * ```
 */
export function useMutation<M extends AnyMutators, K extends keyof M & string>(
  name: K,
  callbacks: MutationCallbacks<MutatorArgs<M, K>> = {},
): UseMutationResult<MutatorArgs<M, K>> {
  const client = useClient();
  const [running, setRunning] = useState(0);
  const [error, setError] = useState<Error | null>(null);

  // The callbacks of the last render that was shown, so that `mutate` need not change with them.
  const latest = useRef(callbacks);
  useLayoutEffect(() => {
    latest.current = callbacks;
  });

  const mutate = useCallback(
    (args: MutatorArgs<M, K>): MutationHandle => {
      setRunning((count) => count + 1);
      setError(null);
      const mutation = client ? client.mutate(name, args) : withoutClient(name);
      const settle = () => setRunning((count) => count - 1);
      mutation.then(
        () => {
          settle();
          mutation.confirmed.then(
            () => guarded(() => latest.current.onConfirmed?.(args)),
            (reason: unknown) => {
              if (isUndecided(reason)) return;
              guarded(() => latest.current.onRejected?.(toError(reason), args));
            },
          );
          guarded(() => latest.current.onSuccess?.(args));
        },
        (reason: unknown) => {
          settle();
          setError(toError(reason));
          guarded(() => latest.current.onError?.(toError(reason), args));
        },
      );
      return mutation;
    },
    [client, name],
  );
  const reset = useCallback(() => setError(null), []);

  return { mutate, isPending: running > 0, error, reset };
}

/** What a callback throws is reported as that of an event handler is, and keeps nothing else from happening. */
function guarded(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    reportError(error);
  }
}

/** The app has given it up, or the client went without having heard: the server has refused nothing. */
function isUndecided(reason: unknown): boolean {
  return reason instanceof PlasmaError && ["mutation-discarded", "disposed"].includes(reason.code);
}

function withoutClient(name: string): MutationHandle {
  const error = new PlasmaError(
    "no-client",
    `"${name}" cannot run: there is no client yet. Wait until the provider has one.`,
  );
  const confirmed = Promise.reject<void>(error);
  confirmed.catch(() => undefined);
  return Object.assign(Promise.reject<MutationReceipt>(error), { confirmed });
}

function toError(reason: unknown): Error {
  return reason instanceof Error
    ? reason
    : new PlasmaError("mutation-failed", String(reason), { cause: reason });
}
