/** Where the sync worker is. Set `NEXT_PUBLIC_PLASMA_SYNC_URL` when the app is built. */

export const SYNC_URL = (
  process.env.NEXT_PUBLIC_PLASMA_SYNC_URL ?? "http://localhost:8787"
).replace(/\/$/, "");
