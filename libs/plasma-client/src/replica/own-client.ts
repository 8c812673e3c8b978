/** The client id of this tab, and what it does when storage does not know it (any more). */

import { disposed, SyncClientError } from "../errors.ts";
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
  #isOver = false;

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
    const { clientID, isNew } = await this.#take(pool, (id) => this.#options.engine.addClient(id));
    if (!isNew) return loaded;
    return { ...loaded, clients: [...loaded.clients, { id: clientID, confirmed: 0 }] };
  }

  /** Moves what waits in its outbox to a fresh id. */
  async renew(): Promise<void> {
    const from = this.id;
    await this.#take([], (to) => this.#options.engine.renewClient({ from, to }));
  }

  /** For good. A claim that is under way is released as well. */
  release(): void {
    this.#isOver = true;
    this.#claim?.release();
  }

  /** Takes an id of the pool, or a new one, which `add` makes known to storage. */
  async #take(
    pool: readonly string[],
    add: (clientID: string) => Promise<void>,
  ): Promise<ClientClaim> {
    const claim = await claimClient({ ...this.#options, pool });
    try {
      if (claim.isNew) await add(claim.clientID);
      if (this.#isOver) throw disposed();
    } catch (error) {
      // Or the tab would keep it until the page goes, without using it.
      claim.release();
      throw error;
    }
    if (this.#claim) this.#options.onGivenUp(this.#claim.clientID);
    this.#claim?.release();
    return (this.#claim = claim);
  }
}
