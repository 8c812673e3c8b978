/**
 * A client id for this tab, out of the local database's pool.
 *
 * A Web Lock for each id says that a tab is using it: a reload gets its old id again, a duplicated tab cannot, and
 * ids are not made without end. Without Web Locks nobody can tell who is alive, so each tab makes an id of its own.
 */

import type { Platform } from "../platform.ts";

export interface ClientClaim {
  readonly clientID: string;
  /** True when the id was made just now, and still has to be added to the pool. */
  readonly isNew: boolean;
  release(): void;
}

export interface ClaimOptions {
  readonly dbName: string;
  /** The ids that the pool holds. */
  readonly pool: readonly string[];
  readonly platform: Pick<Platform, "locks" | "random">;
}

export async function claimClient(options: ClaimOptions): Promise<ClientClaim> {
  const { locks, random } = options.platform;
  if (locks) {
    for (const clientID of options.pool) {
      const release = await tryLock(locks, lockName(options.dbName, clientID));
      if (release) return { clientID, isNew: false, release };
    }
  }
  const clientID = random.uuid();
  // Nobody else knows the new id, so its lock is free.
  const release = locks && (await tryLock(locks, lockName(options.dbName, clientID)));
  return { clientID, isNew: true, release: release ?? (() => undefined) };
}

function lockName(dbName: string, clientID: string): string {
  return `plasma:${dbName}:client:${clientID}`;
}

/** Holds the lock until the returned function is called or the page goes; undefined when somebody else holds it. */
function tryLock(locks: LockManager, name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (!lock) {
          resolve(undefined);
          return undefined;
        }
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}
