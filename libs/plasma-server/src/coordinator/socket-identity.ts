/**
 * Who holds a socket. The Worker says so to the coordinator in a header of its own request, after the ticket was
 * redeemed; the coordinator keeps it as the socket's attachment, which survives hibernation.
 */

/** Ids are percent-encoded JSON there, because header values cannot hold every character. */
export const IDENTITY_HEADER = "x-plasma-socket-identity";

/** Kept in memory for as long as the socket is open, so it stays small. */
export const MAX_ATTACHMENT_BYTES = 2 * 1024;

export interface SocketIdentity {
  readonly clientID: string;
  readonly clientGroupID: string;
  readonly principal: string;
}

export interface SocketAttachment extends SocketIdentity {
  readonly order: number;
}

export function encodeIdentity(identity: SocketIdentity): string {
  const { clientID, clientGroupID, principal } = identity;
  return encodeURIComponent(JSON.stringify({ clientID, clientGroupID, principal }));
}

/** Undefined unless it is what `encodeIdentity` makes. */
export function decodeIdentity(encoded: string | null): SocketIdentity | undefined {
  if (encoded === null) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(decodeURIComponent(encoded));
  } catch {
    return undefined;
  }
  return isIdentity(value) ? value : undefined;
}

export function isAttachment(value: unknown): value is SocketAttachment {
  return isIdentity(value) && "order" in value && typeof value.order === "number";
}

export function fitsAttachment(attachment: SocketAttachment): boolean {
  return new TextEncoder().encode(JSON.stringify(attachment)).byteLength <= MAX_ATTACHMENT_BYTES;
}

function isIdentity(value: unknown): value is SocketIdentity {
  if (typeof value !== "object" || value === null) return false;
  return ["clientID", "clientGroupID", "principal"].every((key) => {
    const id: unknown = (value as Record<string, unknown>)[key];
    return typeof id === "string" && id.length > 0;
  });
}
