/** For Node: an HTTP server around a sync handler, sockets, and pokes between processes on one Postgres. */

export { closeNodeServer, createNodeServer } from "./node-server.ts";
export type { NodeServerOptions } from "./node-server.ts";
export { listenForPokes } from "./postgres-pokes.ts";
export type {
  PgListenerLike,
  PgNotification,
  PostgresPokes,
  PostgresPokesOptions,
} from "./postgres-pokes.ts";
export { SocketRooms, webSocketOptions } from "./socket-rooms.ts";
export type { WebSocketLike, WebSocketServerLike } from "./socket-rooms.ts";
