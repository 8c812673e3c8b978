/**
 * How many sockets a room and a person may hold. Pure, so that the limits can be tried without opening thousands.
 *
 * 1. A person at the limit gets the new socket, and the oldest of theirs is closed: what stays open longest without
 *    use is most likely a device that is gone.
 * 2. A full room refuses newcomers. Nobody is thrown out for somebody else.
 */

export const MAX_SOCKETS_PER_PRINCIPAL = 20;
export const MAX_SOCKETS_PER_ROOM = 2_000;

export interface OpenSocket {
  readonly principal: string;
  /** Grows with each socket that the room accepts. */
  readonly order: number;
}

export type Admission<S extends OpenSocket> =
  | {
      readonly kind: "admitted";
      /** The order of the new socket. */
      readonly order: number;
      /** Sockets of the same person that have to go first. */
      readonly displaced: readonly S[];
    }
  | { readonly kind: "room-full" };

/** Decides on one more socket of `principal`, given those that are open. */
export function admit<S extends OpenSocket>(open: readonly S[], principal: string): Admission<S> {
  const own = open.filter((socket) => socket.principal === principal);
  own.sort((a, b) => a.order - b.order);
  const displaced = own.slice(0, Math.max(0, own.length - MAX_SOCKETS_PER_PRINCIPAL + 1));
  if (open.length - displaced.length >= MAX_SOCKETS_PER_ROOM) return { kind: "room-full" };
  const newest = open.reduce((order, socket) => Math.max(order, socket.order), 0);
  return { kind: "admitted", order: newest + 1, displaced };
}
