/**
 * The storage seam: what the replica needs of a local database, and nothing of how rows are laid out in it.
 *
 * 1. Each operation is one transaction, all or nothing, and its promise resolves only when that is committed.
 * 2. Confirmed rows and unconfirmed ones never mix: rows come from pulls alone, an outbox entry holds the mutation
 *    and the images of the rows that it wrote.
 * 3. A pull writes its rows, its cookie and the removal of what it settles in one transaction, and only if the
 *    cookie is still the one that it was asked with (compare and set). Otherwise it is `stale` and changes nothing.
 * 4. Outbox entries get a `seq` in the order in which they are committed, across all tabs, without holes. The ids of
 *    one client's entries run on without holes; an entry whose id is taken, or whose client is not in the pool (any
 *    more), is refused.
 * 5. `baseSeq` counts what changes below pending mutations: pulls, resets, discards, renewed clients. The images of an
 *    entry were computed at its own `baseSeq`; an older entry is run again by whoever loads it.
 * 6. Nothing removes an outbox entry but a pull that settles it, or a move into `rejected`.
 * 7. Rows of local-only tables come from mutations alone. A mutation that concerns nothing else keeps its rows at once
 *    (`keepLocal`); those of any other are kept with the pull that settles it, unless it was refused. `localSeq` counts
 *    the former. No pull, reset by the server or other schema takes such rows away.
 * 8. A browser can throw a database away at any time. Then `load` begins a new one, with another name; nothing else does.
 * 9. A failed operation changed nothing, and tells by its kind what can be done: `quota`, `storage`,
 *    `storage-blocked`, `storage-closed`, `storage-wiped`.
 */

import type { ErrorBody, Json, Rejection, Row, Value } from "@sh1n4ps/plasma-core";
import type { SyncClientError } from "../errors.ts";

/** A row as a pending mutation left it; null for one that it deleted. */
export interface RowImage {
  readonly table: string;
  readonly id: string;
  readonly row: Row | null;
  /** Of a local-only table. */
  readonly local?: true;
}

/** The last mutation id of each of some clients. */
export type Heads = Readonly<Record<string, number>>;

/** A pending mutation, as it is appended. */
export interface NewOutboxEntry {
  readonly clientID: string;
  readonly id: number;
  /** 128 random bits that name the mutation for ever, also under another client id. */
  readonly uid: string;
  readonly name: string;
  /** The validator's input, in the tagged codec. */
  readonly args: Json;
  readonly timestamp: number;
  /** The net effect on the rows, one image a row. */
  readonly images: readonly RowImage[];
  readonly baseSeq: number;
  /**
   * Of other clients with pending mutations, the last id that its tab knew of: its images lack what came after, and
   * everything of clients that are not named here.
   */
  readonly knew?: Heads;
  /**
   * The cookie of the confirmed rows that the person saw when they made it; null before the first pull. It stays when
   * the mutation is run again on newer rows. Kept where a table has a `resolveConflict`.
   */
  readonly base?: string | null;
  /** It concerns local-only tables alone: the server is sent one that does nothing in its place. */
  readonly staysHere?: true;
  /** Of a discarded one: what it had written to local-only tables, for the case that the server had run it already. */
  readonly givenUp?: readonly RowImage[];
}

export interface OutboxEntry extends NewOutboxEntry {
  readonly seq: number;
}

/** A client id of this local database's pool. A tab claims one; those of closed tabs wait for the next. */
export interface ClientRecord {
  readonly id: string;
  /** Every mutation up to this one was settled by a pull. */
  readonly confirmed: number;
  /**
   * The last of them that came to nothing: refused, dismissed since or not, or discarded. For a tab that waits for one
   * and missed the pull. None: missing.
   */
  readonly refused?: readonly RefusedMutation[];
}

export interface RefusedMutation extends ErrorBody {
  readonly uid: string;
}

/** A mutation that came to nothing, kept until it is retried or dismissed. */
export interface RejectedMutation extends ErrorBody {
  /** Names it for `retryRejected` and `dismissRejected`. */
  readonly uid: string;
  readonly clientID: string;
  readonly id: number;
  readonly name: string;
  readonly args: Json;
  readonly timestamp: number;
}

export interface StoredState {
  /** Names this database for ever. Another one under the same `dbName`: the browser has thrown away the one before. */
  readonly database: string;
  readonly cookie: string | null;
  readonly baseSeq: number;
  /** When the last pull was applied, by this device's clock; null when these rows were never complete. */
  readonly syncedAt: number | null;
  /** Confirmed rows and those of local-only tables, by table and id. */
  readonly base: ReadonlyMap<string, Map<string, Row>>;
  readonly localSeq: number;
  /** Rows of local-only tables that do not fit the schema. They are kept for a version that they fit, and not in `base`. */
  readonly unfit: readonly { readonly table: string; readonly id: string }[];
  /** Confirmed rows could not be read. They were dropped, and the cookie with them. */
  readonly isDamaged?: true;
  /** So many pending mutations could not be used. They were put aside, and do nothing. */
  readonly quarantined?: number;
  /** By `seq`. */
  readonly outbox: readonly OutboxEntry[];
  readonly clients: readonly ClientRecord[];
  readonly rejected: readonly RejectedMutation[];
}

/** How far storage is: enough to tell whether a tab has missed something. */
export interface StoredPosition {
  readonly database: string;
  readonly baseSeq: number;
  /** The `seq` of the last entry in the outbox; 0 when that is empty. */
  readonly lastSeq: number;
  /** How many entries are in the outbox: a later one may be known where an earlier one was missed. */
  readonly pending: number;
  /** How many rejected mutations are kept. */
  readonly rejected: number;
  readonly localSeq: number;
}

/** When rows of local-only tables were kept, among all that other tabs store. */
export interface KeptLocally {
  /** In which database. */
  readonly database: string;
  readonly localSeq: number;
  /** How many pulls (and so on) came before. */
  readonly baseSeq: number;
}

/** Rows of a table that have these values. */
export interface PartAsked {
  readonly table: string;
  readonly values: ReadonlyMap<string, Value>;
  /** About so many of them will do, from the beginning of an order or, descending, from its end. */
  readonly window?: PartWindow;
}

export interface PartWindow {
  readonly columns: readonly string[];
  readonly descending: boolean;
  readonly count: number;
}

/** What tells how the rows of a part are, as of one moment. */
export interface StoredPart {
  /** By id: the confirmed rows that were asked for, and maybe others of their table. */
  readonly rows: ReadonlyMap<string, Row>;
  /** Of a window: the values of its columns beyond which (or, descending, before which) rows may be missing. */
  readonly until: readonly Value[] | null;
  readonly outbox: readonly OutboxEntry[];
  readonly baseSeq: number;
  readonly syncedAt: number | null;
}

export interface PullCommit {
  /** Where the rows lie that the cookie tells of. In another database the pull is stale. */
  readonly database?: string;
  readonly expectedCookie: string | null;
  readonly cookie: string;
  readonly syncedAt: number;
  /** Forget all confirmed rows first. */
  readonly clear: boolean;
  readonly puts: readonly { readonly table: string; readonly row: Row }[];
  readonly dels: readonly { readonly table: string; readonly id: string }[];
  /** For each client: every mutation up to this id is decided. */
  readonly lastMutationIDs: Readonly<Record<string, number>>;
  /** The refusals among them. */
  readonly rejections: readonly Rejection[];
  /**
   * The clients that were known when the pull was asked for. Of another one it says nothing, and yet its rows may be those
   * that a mutation of it has made: while such a one has something in the outbox, the pull is stale.
   */
  readonly known: readonly string[];
  /** What the entries of `rerun` were run on, before this pull. When it has moved on, their images are left alone. */
  readonly baseSeq: number;
  /** Entries that were run again on the new base. Those that are gone are skipped. */
  readonly rerun: readonly RerunEntry[];
}

export interface RerunEntry {
  readonly seq: number;
  readonly images: readonly RowImage[];
  readonly knew?: Heads | undefined;
}

/** What a tab still has of a database that was thrown away. */
export interface HeldState {
  /** In their order. They are stored under a client of the new database that has nothing in its outbox, uids unchanged. */
  readonly outbox: readonly NewOutboxEntry[];
  readonly clientID: string;
  /** Rows of local-only tables. */
  readonly local: readonly RowImage[];
  readonly rejected: readonly RejectedMutation[];
}

export type PullOutcome =
  | {
      readonly kind: "applied";
      readonly baseSeq: number;
      /** The mutations that became rejected ones. */
      readonly rejected: readonly RejectedMutation[];
      /** The rows of local-only tables that the settled mutations left behind, the last of each. */
      readonly local: readonly RowImage[];
    }
  | { readonly kind: "stale" };

export interface Engine {
  /** False where nothing survives the page: it is then shown in `client.status`. Known once `open` has resolved. */
  readonly durable: boolean;
  /** Begins with what `open` and `loadPart` have to wait for; they tell of what fails. */
  prepare?(): void;
  /** Opens the database. Rows of another schema are dropped (the next pull brings them), the outbox stays. */
  open(): Promise<void>;
  /** Everything, as of one moment. */
  load(): Promise<StoredState>;
  /** Before `open`, too. Null: it would take no less than to load everything. */
  loadPart?(asked: PartAsked): Promise<StoredPart | null>;
  /** Costs nothing to speak of, however much there is. */
  position(): Promise<StoredPosition>;
  /**
   * Adds entries, and removes rejected mutations that they replace, all of which have to be there: each is made anew
   * once. Answers with the entries' `seq`, in order.
   */
  append(
    entries: readonly NewOutboxEntry[],
    options?: { readonly dismiss?: readonly string[] },
  ): Promise<readonly number[]>;
  /** Keeps rows of local-only tables. */
  keepLocal(images: readonly RowImage[]): Promise<KeptLocally>;
  applyPull(commit: PullCommit): Promise<PullOutcome>;
  /** Adds a client id to the pool. */
  addClient(clientID: string): Promise<void>;
  /**
   * Turns pending mutations into ones that do nothing, under the same ids (the server waits for each id). With
   * `reason` they are kept as rejected ones; those already discarded are left as they are.
   */
  discard(seqs: readonly number[], options: { readonly reason: ErrorBody | null }): Promise<void>;
  /** Moves a client's pending mutations to a fresh client id, numbered from 1, uids unchanged. */
  renewClient(move: { readonly from: string; readonly to: string }): Promise<void>;
  dismissRejected(uids: readonly string[]): Promise<void>;
  /**
   * Forgets the cookie, so that the next pull brings all rows. Unless told to keep them, also the confirmed rows and
   * those of local-only tables.
   */
  resetBase(options: { readonly keepRows: boolean }): Promise<void>;
  /** Stores again what a tab has held. What is there already, by its uid or its place, stays as it is. */
  restore(held: HeldState): Promise<void>;
  /** Says when the database was closed from outside (a newer version of the app, storage cleared). */
  subscribeClosed(listener: (error: SyncClientError) => void): () => void;
  close(): Promise<void>;
}
