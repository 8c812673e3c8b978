/** The client itself, for whatever has no hook of its own. */

import type { AnyPlasmaClient, PlasmaClient } from "@sh1n4ps/plasma-client";
import { PlasmaError } from "@sh1n4ps/plasma-core";
import type { AnyMutators, Schema } from "@sh1n4ps/plasma-core";
import { useClient } from "./plasma-provider.tsx";

/**
 * The client of the nearest provider, typed by the app's schema and mutators.
 *
 * ```ts
 * const plasma = usePlasma<typeof schema, typeof mutators>();
 * ```
 *
 * @throws PlasmaError `no-client` while the provider has none: render what needs one only when there is.
 */
export function usePlasma<S extends Schema, M extends AnyMutators>(): PlasmaClient<S, M>;
export function usePlasma(): AnyPlasmaClient;
export function usePlasma(): AnyPlasmaClient {
  const client = useClient();
  if (!client) {
    throw new PlasmaError(
      "no-client",
      "There is no client yet. Render this component only once the provider has one.",
    );
  }
  return client;
}
