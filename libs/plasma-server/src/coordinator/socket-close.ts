/** Why the server closes a socket. Those from 4000 on are ours. */
export const SOCKET_CLOSE = {
  malformed: 1007,
  tooLarge: 1009,
  serverError: 1011,
  /** The session of whoever opened it has ended: come back with a ticket of the next one. */
  expired: 4401,
  /** The person opened more sockets than they may have, and this one was the oldest: do not hurry back. */
  displaced: 4429,
} as const;
