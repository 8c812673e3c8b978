/**
 * Tickets: how a socket proves who opens it. Browsers cannot send headers with a socket, and tokens in URLs end up in
 * logs; so an authenticated request fetches a ticket, which opens one socket within 30 seconds.
 *
 * 1. Only the hash of a ticket is stored.
 * 2. It is good no longer than the session that it comes from, and remembers when that ends.
 * 3. Redeeming a ticket deletes it, whether it fits or not: it is good once.
 */

import { TICKET_PROTOCOL_PREFIX } from "@sh1n4ps/plasma-core";
import { toBase64Url, toHex, utf8 } from "./bytes.ts";
import type { Engine } from "./engine.ts";
import type { Identity, SocketIdentity } from "./options.ts";
import { bind, sql } from "./sql/fragment.ts";

const LIFETIME_MS = 30_000;

export async function issueTicket(
  engine: Engine,
  identity: Identity,
  room: string,
): Promise<string> {
  const { executor, platform } = engine;
  const ticket = toBase64Url(platform.random.bytes(32));
  const hash = await hashOf(engine, ticket);
  const now = platform.clock.now();
  const expiresAt = Math.floor(Math.min(now + LIFETIME_MS, identity.expiresAt ?? Infinity));
  await executor.batch([
    sql`DELETE FROM _plasma_tickets WHERE expires_at <= ${bind(now)}`,
    sql`INSERT INTO _plasma_tickets (hash, room, principal, client_id, client_group_id, expires_at, session_expires_at)
      VALUES (${bind(hash)}, ${bind(room)}, ${bind(identity.principal)}, ${bind(identity.clientID)}, ${bind(identity.clientGroupID)}, ${bind(expiresAt)}, ${bind(identity.expiresAt === undefined ? null : Math.floor(identity.expiresAt))})`,
  ]);
  return ticket;
}

/** Who the ticket was issued to, or null when it is not good for this room (any more). */
export async function redeemTicket(
  engine: Engine,
  ticket: string,
  room: string,
): Promise<SocketIdentity | null> {
  const hash = await hashOf(engine, ticket);
  const [found] = await engine.executor.all(
    sql`DELETE FROM _plasma_tickets WHERE hash = ${bind(hash)} RETURNING room, principal, client_id, client_group_id, expires_at, session_expires_at`,
  );
  if (
    !found ||
    found["room"] !== room ||
    (found["expires_at"] as number) <= engine.platform.clock.now()
  )
    return null;
  const sessionEnd = found["session_expires_at"];
  return {
    room,
    principal: found["principal"] as string,
    clientID: found["client_id"] as string,
    clientGroupID: found["client_group_id"] as string,
    ...(typeof sessionEnd === "number" && { expiresAt: sessionEnd }),
  };
}

/** The ticket among the subprotocols that a browser offers, or null. */
export function ticketOf(request: Request): string | null {
  const offered = (request.headers.get("sec-websocket-protocol") ?? "")
    .split(",")
    .map((item) => item.trim());
  const found = offered.find((item) => item.startsWith(TICKET_PROTOCOL_PREFIX));
  const ticket = found?.slice(TICKET_PROTOCOL_PREFIX.length) ?? "";
  return /^[\w-]{20,100}$/.test(ticket) ? ticket : null;
}

async function hashOf({ platform }: Engine, ticket: string): Promise<string> {
  return toHex(await platform.crypto.sha256(utf8(ticket)));
}
