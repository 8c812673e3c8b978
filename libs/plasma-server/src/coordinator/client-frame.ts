/**
 * What clients may send through the socket: JSON objects of at most 16 KB with a text `type`.
 *
 * Clients need to send nothing but "ping", which the runtime answers by itself. A message of an unknown type is
 * well-formed and has no effect, so that newer clients can talk to older servers.
 */

export const MAX_FRAME_BYTES = 16 * 1024;

export interface ClientMessage {
  readonly type: string;
}

export type ClientFrame =
  | { readonly kind: "message"; readonly message: ClientMessage }
  | { readonly kind: "too-large" }
  | { readonly kind: "malformed" };

export function readClientFrame(data: string | ArrayBuffer): ClientFrame {
  if (typeof data !== "string") {
    return { kind: data.byteLength > MAX_FRAME_BYTES ? "too-large" : "malformed" };
  }
  // Text has at least as many bytes as UTF-16 units, so most oversize frames are never encoded.
  if (data.length > MAX_FRAME_BYTES) return { kind: "too-large" };
  if (new TextEncoder().encode(data).byteLength > MAX_FRAME_BYTES) return { kind: "too-large" };
  let message: unknown;
  try {
    message = JSON.parse(data);
  } catch {
    return { kind: "malformed" };
  }
  return isClientMessage(message) ? { kind: "message", message } : { kind: "malformed" };
}

function isClientMessage(value: unknown): value is ClientMessage {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return "type" in value && typeof value.type === "string";
}
