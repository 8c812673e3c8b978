/** What client and server have to agree on about the size of a request. */

/** How many clients a pull may name. Who looks after more asks about the rest when these are decided. */
export const MAX_PULL_CLIENTS = 200;
