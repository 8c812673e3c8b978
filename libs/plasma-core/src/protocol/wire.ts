/**
 * The wire between client and server: JSON over POST, one socket for pokes.
 *
 *   client                                   server
 *     │ POST /push  { mutations 7, 8, 9 }  →   runs each once, stores each outcome
 *     │            ←  { results }              (informative: nothing is settled by it)
 *     │ POST /pull  { cookie, clients }    →   reads rows, outcomes and version in one snapshot
 *     │            ←  { cookie, patch, lastMutationIDs, rejections, hasMore }
 *     │ POST /ticket { room }              →   a ticket, good once, for 30 seconds
 *     │ WS   /coordinator?room=            ⇄   { type: "poke" }: something is newer, pull
 *
 * 1. Mutation ids of a client run 1, 2, 3 …; the server refuses a gap (409, `details.expected`).
 * 2. A mutation leaves the outbox only with the pull whose `lastMutationIDs` covers it, so that its optimistic rows
 *    are replaced by confirmed ones in one step. Refusals travel in that pull too (`rejections`), because the answer
 *    to a push may be lost.
 * 3. Pages of one pull belong to one snapshot. While `hasMore`, the cookie carries the position inside it; the client
 *    applies all pages together with the last, and only the last page carries `lastMutationIDs` and `rejections`.
 * 4. A `clear` in a patch means: what follows is everything you may see; forget confirmed rows, keep the outbox.
 * 5. A poke carries nothing and may be lost, doubled or early. Polling remains the guarantee.
 */

import type { ErrorBody } from "../errors.ts";
import type { Json } from "../schema/column.ts";
import type { JsonRow } from "../schema/row-codec.ts";

export const PROTOCOL_VERSION = 1;

/**
 * The mutation that does nothing: it takes the place of one that was discarded on the device, under the same id and
 * uid and with null as args, because ids must not have holes. The server runs nothing for it and stores an *error*
 * outcome with `DISCARDED_CODE`, which travels in `rejections` like any other. So the client learns which came first:
 * covered with that code, the mutation never ran; covered without it, it had run before the discard arrived.
 */
export const NOOP_MUTATOR = "__noop";
export const DISCARDED_CODE = "discarded";

/** Sent with every request: who asks. A custom header also keeps foreign pages' forms from posting here. */
export const CLIENT_ID_HEADER = "x-plasma-client-id";
export const CLIENT_GROUP_ID_HEADER = "x-plasma-client-group-id";

/** How the ticket travels when a socket opens: as a subprotocol, because URLs end up in logs. */
export const SOCKET_PROTOCOL = "plasma.v1";
export const TICKET_PROTOCOL_PREFIX = "plasma.ticket.";

export interface Handshake {
  readonly protocolVersion: number;
  readonly schemaVersion: string;
  readonly clientGroupID: string;
  readonly clientID: string;
}

export interface PushRequest extends Handshake {
  /** The client has applied a pull that covers its mutations up to this id: their outcomes may be forgotten. */
  readonly confirmed: number;
  readonly mutations: readonly WireMutation[];
  /**
   * What the person saw when they made these mutations: the cookie of the client's rows then, null before its first
   * pull. Absent where no table has a `resolveConflict`, and from clients that do not know of it.
   */
  readonly base?: string | null;
  /**
   * The last push of these mutations got no answer of plasma's server: none at all, or that of something in between. An
   * error in the server's own words is an answer. The server then counts the attempt before it runs the first of them, so
   * that one that takes the server down with it is found out.
   */
  readonly retry?: true;
}

export interface WireMutation {
  /** 1, 2, 3 … for each client. */
  readonly id: number;
  /** 128 random bits, fixed when the mutation was made; stays the same if it moves to another client id. */
  readonly uid: string;
  readonly name: string;
  /** The validator's input, in the tagged codec. */
  readonly args: Json;
  /** When it was made, by the client's clock, in milliseconds. Informative. */
  readonly timestamp: number;
}

export type MutationResult =
  | { readonly id: number; readonly status: "ok"; readonly duplicate?: true }
  | ({ readonly id: number; readonly status: "error"; readonly duplicate?: true } & ErrorBody)
  /** An earlier mutation of this push could not be decided now: send this one again. */
  | { readonly id: number; readonly status: "not-reached" };

export interface PushResponse {
  readonly lastMutationID: number;
  readonly results: readonly MutationResult[];
}

export interface PullRequest extends Handshake {
  /** What the last pull gave, or null for the first one. */
  readonly cookie: string | null;
  /** Rows a page; the server may send fewer. */
  readonly limit?: number;
  /** The clients whose outboxes the asker looks after, itself included. */
  readonly clients: readonly { readonly clientID: string; readonly confirmed: number }[];
}

export type PatchOperation =
  | { readonly op: "clear" }
  | { readonly op: "put"; readonly table: string; readonly row: JsonRow }
  | { readonly op: "del"; readonly table: string; readonly id: string };

/** A mutation that the server refused, with the reason to show. */
export interface Rejection extends ErrorBody {
  readonly clientID: string;
  readonly id: number;
}

export interface PullResponse {
  readonly cookie: string;
  /** At most one operation a row. */
  readonly patch: readonly PatchOperation[];
  /** For each client asked about: every mutation up to this id is decided and in the rows. Empty while `hasMore`. */
  readonly lastMutationIDs: Readonly<Record<string, number>>;
  /**
   * The uids of those mutations, as far as the server still has them. Another uid than the client's own under that id: a
   * copy of this client has used its ids, and nothing is settled by them.
   */
  readonly lastMutationUIDs?: Readonly<Record<string, string>>;
  /** Refusals among the mutations after `confirmed`. Empty while `hasMore`. */
  readonly rejections: readonly Rejection[];
  readonly hasMore: boolean;
  /** Why a client that had a cookie gets a snapshot. With the page that begins with `clear`. */
  readonly reset?: ResetReason;
}

/**
 * `changed`: the rules, the person's context, the schema or the database are others, or the cookie is not the server's.
 * `expired`: the log no longer reaches that far back.
 * `rolled-back`: the database was taken back to an earlier state. What was decided after it is undone.
 */
export type ResetReason = "changed" | "expired" | "rolled-back";

export interface TicketRequest {
  /** Default: the asker's own client group. */
  readonly room?: string;
}

export interface TicketResponse {
  readonly ticket: string;
  readonly room: string;
}

/** What the server sends through the socket. */
export type ServerMessage = { readonly type: "poke" };

/** The body of every answer that is not a success. */
export type ErrorResponse = ErrorBody;
