/** Whether the person has taken this window offline, remembered across reloads. */

import { remembered } from "./remembered.ts";

export type OfflineMode = "follow" | "offline";

export const offlineMode = remembered<OfflineMode>({
  key: "plasma-offline",
  scope: "session",
  parse: (stored) => (stored === "offline" ? "offline" : "follow"),
});
