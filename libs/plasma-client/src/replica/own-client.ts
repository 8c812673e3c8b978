/** The client id of this tab, and what it does when storage does not know it (any more). */

import { SyncClientError } from "../errors.ts";
import type { Platform } from "../platform.ts";
import type { Engine, StoredState } from "../storage/engine.ts";
import { claimClient } from "../tabs/client-claim.ts";
import type { ClientClaim } from "../tabs/client-claim.ts";

export interface OwnClientOptions {
  readonly dbName: string;
  readonly platform: Platform;
  readonly engine: Engine;
  /** This tab has another client id now. */
  readonly onGivenUp: (clientID: string) => void;
}

export class OwnClient {
  readonly #options: OwnClientOptions;
  #claim: ClientClaim | undefined;

  constructor(options: OwnClientOptions) {
    this.#options = options;
  }

  /** Undefined before the replica is open. */
  get known(): string | undefined {
    return this.#claim?.clientID;
  }

  get id(): string {
    if (!this.#claim) {
      throw new SyncClientError("storage", "The client is not open yet. Await start() first.");
    }
    return this.#claim.clientID;
  }

  /** This tab has a client id that storage knows: one of the pool, or, when another tab has renewed it, a new one. */
  async among(loaded: StoredState): Promise<StoredState> {
    if (loaded.clients.some(({ id }) => id === this.known)) return loaded;
    const pool = this.#claim ? [] : loaded.clients.map(({ id }) => id);
    const claim = await claimClient({ ...this.#options, pool });
    this.#take(claim);
    if (!claim.isNew) return loaded;
    await this.#options.engine.addClient(claim.clientID);
    const own = { id: claim.clientID, confirmed: 0 };
    return { ...loaded, clients: [...loaded.clients, own] };
  }

  /** Moves what waits in its outbox to a fresh id. */
  async renew(): Promise<void> {
    const next = await claimClient({ ...this.#options, pool: [] });
    await this.#options.engine.renewClient({ from: this.id, to: next.clientID });
    this.#take(next);
  }

  #take(claim: ClientClaim): void {
    if (this.known !== undefined) this.#options.onGivenUp(this.known);
    this.release();
    this.#claim = claim;
  }

  release(): void {
    this.#claim?.release();
  }
}
