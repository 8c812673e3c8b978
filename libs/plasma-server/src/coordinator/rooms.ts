/** A Worker's side of the coordinator: each room is one object of a Durable Object namespace, found by its name. */

import { SOCKET_PROTOCOL } from "@sh1n4ps/plasma-core";
import { encodeIdentity, IDENTITY_HEADER } from "./socket-identity.ts";
import type { SocketIdentity } from "./socket-identity.ts";
import type { SyncCoordinator } from "./sync-coordinator.ts";

export type CoordinatorNamespace = DurableObjectNamespace<SyncCoordinator>;

/** Whose socket, and into which room: already authenticated, and allowed there. */
export interface SocketAdmission extends SocketIdentity {
  readonly room: string;
}

/**
 * Tells everyone in a room that something is newer, so that they pull. Gives how many sockets it reached: none for a
 * room that nobody is in, which is no error.
 */
export async function pokeCoordinator(
  namespace: CoordinatorNamespace,
  room: string,
): Promise<number> {
  return coordinatorOf(namespace, room).poke();
}

/** The `sockets` option of `createSyncHandler`: sockets are held by the coordinator of their room. */
export function coordinatorSockets(namespace: CoordinatorNamespace) {
  return {
    connect: async (_request: Request, admission: SocketAdmission): Promise<Response> => {
      // A request of its own: tickets and headers from outside go no further than the Worker.
      return coordinatorOf(namespace, admission.room).fetch("https://coordinator/", {
        headers: {
          upgrade: "websocket",
          "sec-websocket-protocol": SOCKET_PROTOCOL,
          [IDENTITY_HEADER]: encodeIdentity(admission),
        },
      });
    },
  };
}

function coordinatorOf(namespace: CoordinatorNamespace, room: string) {
  return namespace.get(namespace.idFromName(room));
}
