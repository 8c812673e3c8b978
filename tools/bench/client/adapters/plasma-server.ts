/** A stand-in for plasma's server, in the page: it has the first pull's answer ready, takes pushes and tells of their rows. */

import type {
  PatchOperation,
  PullRequest,
  PullResponse,
  PushRequest,
  PushResponse,
} from "@sh1n4ps/plasma-core";
import type { Fetcher } from "@sh1n4ps/plasma-client";
import type { Data } from "../adapter.ts";
import { rowAt } from "../rows.ts";
import type { Change, Row } from "../rows.ts";

export interface StandInServer {
  readonly fetch: Fetcher;
  /** Makes the answer to the first pull, as the bytes that the network would have brought. */
  offer(data: Data): void;
  /** Somebody else changes rows: the next pull brings them. */
  change(rows: readonly Row[]): void;
  refusesPushes: boolean;
}

export function standInServer(): StandInServer {
  let first: Uint8Array<ArrayBuffer> | undefined;
  let position = 1;
  const changed = new Map<string, Row>();
  const unseen = new Set<string>();
  const lastIDs = new Map<string, number>();

  const server: StandInServer = {
    refusesPushes: false,
    offer({ rows, lists }) {
      const patch: PatchOperation[] = [
        { op: "clear" },
        ...lists.map((row): PatchOperation => ({ op: "put", table: "lists", row: { ...row } })),
        ...rows.map((row): PatchOperation => ({ op: "put", table: "todos", row: { ...row } })),
      ];
      first = encode({ cookie: "1", patch, lastMutationIDs: {}, rejections: [], hasMore: false });
    },
    change(rows) {
      for (const row of rows) put(row);
    },
    async fetch(_url, init) {
      const request = JSON.parse(String(init.body)) as PushRequest | PullRequest;
      if ("mutations" in request) {
        return server.refusesPushes
          ? Response.json({ code: "busy", message: "Not now." }, { status: 503 })
          : Response.json(push(request));
      }
      return new Response(request.cookie === null ? takeFirst() : encode(pull(request)));
    },
  };
  return server;

  function put(row: Row): void {
    changed.set(row.id, row);
    unseen.add(row.id);
  }

  function takeFirst(): Uint8Array<ArrayBuffer> {
    if (!first) throw new Error("Offer the rows before the first pull.");
    const bytes = first;
    // Not to be counted as the client's memory.
    first = undefined;
    return bytes;
  }

  function push({ clientID, mutations }: PushRequest): PushResponse {
    const results = mutations.map(({ id, args }): PushResponse["results"][number] => {
      const change = args as unknown as Change;
      const row = changed.get(change.id) ?? rowAt(Number(change.id.slice(1)));
      put({ ...row, ...change.patch });
      lastIDs.set(clientID, id);
      return { id, status: "ok" };
    });
    return { lastMutationID: lastIDs.get(clientID) ?? 0, results };
  }

  function pull({ clients }: PullRequest): PullResponse {
    const patch = [...unseen].map((id): PatchOperation => {
      return { op: "put", table: "todos", row: { ...(changed.get(id) as Row) } };
    });
    unseen.clear();
    position += 1;
    return {
      cookie: String(position),
      patch,
      lastMutationIDs: Object.fromEntries(
        clients.map(({ clientID }) => [clientID, lastIDs.get(clientID) ?? 0]),
      ),
      rejections: [],
      hasMore: false,
    };
  }
}

function encode(response: PullResponse): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(response));
}
