/**
 * Attempts at a mutation that may be counted in the database and should not be: the database failed, and could not be made to
 * take them back (`attempts.ts`).
 */

import type { WireMutation } from "@sh1n4ps/plasma-core";
import type { Identity } from "./options.ts";

export interface Attempted {
  readonly identity: Identity;
  readonly mutation: WireMutation;
}

/** Only the process that made them knows of them. */
export interface OwedAttempts {
  add(attempted: Attempted): void;
  has(attempted: Attempted): boolean;
  delete(attempted: Attempted): void;
}

/** In mutations; the oldest is forgotten first. A client that never comes back leaves one behind. */
const MAX_OWED = 1000;

export function createOwedAttempts(): OwedAttempts {
  const owed = new Set<string>();
  const keyOf = ({ identity, mutation }: Attempted) =>
    JSON.stringify([identity.principal, mutation.uid]);
  return {
    add(attempted) {
      owed.add(keyOf(attempted));
      const [oldest] = owed;
      if (owed.size > MAX_OWED) owed.delete(oldest!);
    },
    has: (attempted) => owed.has(keyOf(attempted)),
    delete: (attempted) => void owed.delete(keyOf(attempted)),
  };
}
