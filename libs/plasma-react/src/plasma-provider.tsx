/** Puts a client within reach of the hooks below it. */

import type { AnyPlasmaClient } from "@sh1n4ps/plasma-client";
import { PlasmaError } from "@sh1n4ps/plasma-core";
import { createContext, useContext } from "react";
import type { ReactNode } from "react";

export interface PlasmaProviderProps {
  /**
   * Null while there is none yet: on the server, before someone has signed in. The hooks then show that nothing has
   * been loaded, so that the same tree renders everywhere.
   */
  readonly client: AnyPlasmaClient | null;
  readonly children?: ReactNode;
}

/** Undefined: no provider. Null: a provider that has no client yet. */
const ClientContext = createContext<AnyPlasmaClient | null | undefined>(undefined);

export function PlasmaProvider({ client, children }: PlasmaProviderProps): ReactNode {
  return <ClientContext value={client}>{children}</ClientContext>;
}

/** For the hooks of this package: the client of the nearest provider, or null while it has none. */
export function useClient(): AnyPlasmaClient | null {
  const client = useContext(ClientContext);
  if (client === undefined) {
    throw new PlasmaError(
      "no-provider",
      "This hook needs a client: put <PlasmaProvider client={…}> around it.",
    );
  }
  return client;
}
