/** The channel between the tabs of one local database. */

import type { BroadcastPort, Platform } from "../platform.ts";
import type { TabChannel, TabMessage } from "./tab-message.ts";

/** Raised when messages change: tabs of different versions then tell each other only that something has changed. */
const CHANNEL_VERSION = 2;

export function openTabChannel(platform: Platform, dbName: string): TabChannel | undefined {
  const { broadcast } = platform;
  if (!broadcast) return undefined;
  // Opened by its first use: an open channel keeps a Node process from ending, and a memory engine has no use for it.
  let opened: BroadcastPort | undefined;
  const port = () => (opened ??= broadcast(`plasma:${dbName}:tabs`));
  return {
    post: (message) => port().post({ version: CHANNEL_VERSION, message }),
    subscribe: (listener) => port().subscribe((data) => listener(readMessage(data))),
    close: () => opened?.close(),
  };
}

// Only this origin's own pages can post here, so the version is all that needs to be checked.
function readMessage(data: unknown): TabMessage {
  const envelope = data as { version?: unknown; message?: unknown } | null;
  if (envelope?.version !== CHANNEL_VERSION) return { kind: "changed" };
  return envelope.message as TabMessage;
}
