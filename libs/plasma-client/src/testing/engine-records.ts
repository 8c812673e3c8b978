/** Records for engines under test: complete, and different only where a test says so. */

import type { NewOutboxEntry, PullCommit } from "../storage/engine.ts";

export function entry(id: number, changes: Partial<NewOutboxEntry> = {}): NewOutboxEntry {
  const clientID = changes.clientID ?? "c1";
  return {
    clientID,
    id,
    uid: `uid-${clientID}-${id}`,
    name: "addTodo",
    args: { id: `t${id}` },
    timestamp: 1000 + id,
    images: [{ table: "todos", id: `t${id}`, row: { id: `t${id}`, title: "x" } }],
    baseSeq: 1,
    ...changes,
  };
}

export function pull(changes: Partial<PullCommit>): PullCommit {
  return {
    expectedCookie: null,
    cookie: "1",
    syncedAt: 42,
    clear: false,
    puts: [],
    dels: [],
    lastMutationIDs: {},
    known: ["c1", "c2"],
    rejections: [],
    baseSeq: 1,
    rerun: [],
    ...changes,
  };
}
