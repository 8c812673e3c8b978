/** The channel between the tabs of one local database. */

import type { Platform } from "../platform.ts";
import type { TabChannel, TabMessage } from "./tab-message.ts";

/** Raised when messages change: tabs of different versions then tell each other only that something has changed. */
const CHANNEL_VERSION = 2;

export function openTabChannel(platform: Platform, dbName: string): TabChannel | undefined {
  const port = platform.broadcast?.(`plasma:${dbName}:tabs`);
  if (!port) return undefined;
  return {
    post: (message) => port.post({ version: CHANNEL_VERSION, message }),
    subscribe: (listener) => port.subscribe((data) => listener(readMessage(data))),
    close: () => port.close(),
  };
}

// Only this origin's own pages can post here, so the version is all that needs to be checked.
function readMessage(data: unknown): TabMessage {
  const envelope = data as { version?: unknown; message?: unknown } | null;
  if (envelope?.version !== CHANNEL_VERSION) return { kind: "changed" };
  return envelope.message as TabMessage;
}
