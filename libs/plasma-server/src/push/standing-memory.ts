/**
 * What this process remembers of where clients stand, so that most pushes need not ask the database first.
 *
 * 1. Nothing depends on its being right. A commit happens only at the version and the last mutation id that it was
 *    built on, and only with new uids: what was remembered wrongly is called off there, and the push begins anew by
 *    asking.
 * 2. It is used only while the database does what is expected of it: each time somebody else has committed, it takes
 *    some pushes that ask, and find nothing unexpected, until it is believed again.
 * 3. A push that is sent again, or that does not begin with the client's next mutation, always asks.
 */

import type { PushRequest, WireMutation } from "@sh1n4ps/plasma-core";
import type { Identity } from "../options.ts";
import type { Outcome } from "../outcomes.ts";

/** As of one version. */
export interface Standing {
  readonly version: number;
  readonly lastMutationID: number;
  /** Outcomes of mutations of this push that were decided under this client id. */
  readonly decided: ReadonlyMap<number, { readonly uid: string | null; readonly outcome: Outcome }>;
  /** Outcomes of mutations of this push that were decided under another id. */
  readonly elsewhere: ReadonlyMap<string, Outcome>;
  /** The uids of this push's mutations that have failed before. */
  readonly failedBefore: ReadonlySet<string>;
  /** The last mutation of the client with the reason of a refusal; 0: none has one. */
  readonly lastReason: number;
  /** Not read but remembered (`standing-memory.ts`): the maps are empty, and all of it may be wrong. */
  readonly isRecalled?: boolean;
}

export interface StandingMemory {
  /** Where the client of a push stands; null: ask. */
  recall(identity: Identity, request: PushRequest): Standing | null;
  /** What a push has left behind; null: nobody can say, so the next one asks. */
  keep(identity: Identity, standing: Standing | null): void;
  /** The database has just been read at this version. */
  found(version: number): void;
  /** This process has committed this version. */
  committed(version: number): void;
  /** What was recalled is no longer so. */
  mistrust(): void;
}

interface Remembered {
  readonly principal: string;
  readonly lastMutationID: number;
  readonly lastReason: number;
}

/** In clients. One takes some hundred bytes. */
const MAX_CLIENTS = 1000;
/** How often in a row the database has to be found at the expected version. */
const ENOUGH = 3;

const NOTHING_DECIDED: Standing["decided"] = new Map();
const NOTHING_ELSEWHERE: Standing["elsewhere"] = new Map();
const NO_FAILURES: Standing["failedBefore"] = new Set();

export function createStandingMemory(): StandingMemory {
  const clients = new Map<string, Remembered>();
  let expected: number | null = null;
  let confirmations = 0;
  return {
    recall(identity, request) {
      if (expected === null || confirmations < ENOUGH || request.retry) return null;
      const known = clients.get(identity.clientID);
      if (known?.principal !== identity.principal) return null;
      const { lastMutationID, lastReason } = known;
      if ((request.mutations[0] as WireMutation).id !== lastMutationID + 1) return null;
      return {
        version: expected,
        lastMutationID,
        decided: NOTHING_DECIDED,
        elsewhere: NOTHING_ELSEWHERE,
        failedBefore: NO_FAILURES,
        lastReason,
        isRecalled: true,
      };
    },
    keep({ clientID, principal }, standing) {
      clients.delete(clientID);
      if (!standing) return;
      const { lastMutationID, lastReason } = standing;
      if (clients.size >= MAX_CLIENTS) clients.delete(clients.keys().next().value as string);
      clients.set(clientID, { principal, lastMutationID, lastReason });
    },
    found(version) {
      confirmations = version === expected ? confirmations + 1 : 0;
      expected = version;
    },
    committed(version) {
      expected = version;
    },
    mistrust() {
      confirmations = 0;
    },
  };
}
