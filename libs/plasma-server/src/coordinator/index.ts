/** Sockets and pokes on Cloudflare: the Durable Object, and what a Worker needs to reach it. */

export { MAX_SOCKETS_PER_PRINCIPAL, MAX_SOCKETS_PER_ROOM } from "./admission.ts";
export { MAX_FRAME_BYTES } from "./client-frame.ts";
export { coordinatorSockets, pokeCoordinator } from "./rooms.ts";
export type { CoordinatorNamespace, SocketAdmission } from "./rooms.ts";
export type { SocketIdentity } from "./socket-identity.ts";
export { SOCKET_CLOSE } from "./socket-close.ts";
export { SyncCoordinator } from "./sync-coordinator.ts";
