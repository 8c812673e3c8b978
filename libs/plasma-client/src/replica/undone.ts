/**
 * Mutations that were decided and are no more: the server's database was taken back to an earlier state. Their rows are
 * gone with the snapshot that follows, and nobody has their args any more; all that can be done is to say so.
 *
 * The push that comes first may already have moved this client to another id, because the server no longer knows the
 * old one's past. So the next pull asks for ids that were given up, too.
 */

import { MAX_PULL_CLIENTS } from "@sh1n4ps/plasma-core";
import type { PullResponse } from "@sh1n4ps/plasma-core";
import { SyncClientError } from "../errors.ts";
import type { PullState } from "./sync-replica.ts";

export interface UndoneMutations {
  readonly clientID: string;
  /** The first and the last id that is undone. */
  readonly from: number;
  readonly to: number;
}

export class UndoneWatch {
  readonly #givenUp = new Map<string, number>();

  /** `confirmed`: how far it was decided. */
  gaveUp(clientID: string, confirmed: number): void {
    if (confirmed > 0) this.#givenUp.set(clientID, confirmed);
  }

  /** What to ask for in a pull. The oldest come first: those that find no place have their turn when others are decided. */
  alsoAsk({ cookie, clients, known }: PullState): PullState {
    const givenUp = [...this.#givenUp].map(([clientID, confirmed]) => ({ clientID, confirmed }));
    const asked = [...clients.slice(0, 1), ...givenUp, ...clients.slice(1)];
    return { cookie, clients: asked.slice(0, MAX_PULL_CLIENTS), known };
  }

  /** Of a pull before it is applied. `tell` is to be called when it has been. */
  look(
    pages: readonly PullResponse[],
    { clients }: PullState,
  ): { readonly tell: (report: (error: SyncClientError) => void) => void } {
    const undone = undoneMutations(pages, clients);
    return {
      tell: (report) => {
        this.#givenUp.clear();
        if (undone.length > 0) report(undoneError(undone));
      },
    };
  }
}

function undoneMutations(
  pages: readonly PullResponse[],
  clients: PullState["clients"],
): readonly UndoneMutations[] {
  if (!pages.some(({ reset }) => reset === "rolled-back")) return [];
  const decided = pages.at(-1)?.lastMutationIDs ?? {};
  return clients.flatMap(({ clientID, confirmed: to }) => {
    const from = (Object.hasOwn(decided, clientID) ? decided[clientID]! : 0) + 1;
    return from > to ? [] : [{ clientID, from, to }];
  });
}

function undoneError(undone: readonly UndoneMutations[]): SyncClientError {
  const count = undone.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  return new SyncClientError(
    "mutations-undone",
    `The server's data was restored from a backup, and ${count} changes of this device that it had accepted are lost. Look whether you have to make them again.`,
    { details: { undone } },
  );
}
