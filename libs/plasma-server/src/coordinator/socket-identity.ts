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
  /** When the session ends that it was opened with, in milliseconds since 1970. */
  readonly expiresAt?: number;
}

export interface SocketAttachment extends SocketIdentity {
  readonly order: number;
}

export function encodeIdentity(identity: SocketIdentity): string {
  const { clientID, clientGroupID, principal, expiresAt } = identity;
  return encodeURIComponent(JSON.stringify({ clientID, clientGroupID, principal, expiresAt }));
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

export function isExpired({ expiresAt }: Pick<SocketIdentity, "expiresAt">, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

function isIdentity(value: unknown): value is SocketIdentity {
  if (typeof value !== "object" || value === null) return false;
  if ("expiresAt" in value && typeof value.expiresAt !== "number") return false;
  return ["clientID", "clientGroupID", "principal"].every((key) => {
    const id: unknown = (value as Record<string, unknown>)[key];
    return typeof id === "string" && id.length > 0;
  });
}
