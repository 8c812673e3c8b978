/**
 * A server in memory that speaks the wire protocol as far as the sync loop can see it: ids, gaps, outcomes, cookies,
 * pages. Its only table holds one row for each mutation that took effect, so that a test can count effects.
 */

import { CLIENT_ID_HEADER } from "@sh1n4ps/plasma-core";
import type {
  PatchOperation,
  PullRequest,
  PullResponse,
  PushRequest,
  PushResponse,
  Rejection,
} from "@sh1n4ps/plasma-core";

export interface MemoryServer {
  handle(path: string, init: RequestInit): Response;
  /** The uids of mutations, in the order of their effects. */
  readonly effects: readonly string[];
  lastMutationID(clientID: string): number;
  /** Somebody else writes a row. */
  write(id: string): void;
  /** Forgets what it knows of a client, as a database that was restored does. */
  forget(clientID: string, lastMutationID?: number): void;
  readonly requests: { readonly path: string; readonly body: unknown; readonly headers: Headers }[];
  pageSize: number;
  maxMutations: number;
  schemaVersion: string | null;
  /** The headers of whoever is signed in; null lets everybody in. */
  authorization: string | null;
}

export function memoryServer(): MemoryServer {
  const log: PatchOperation[] = [];
  const effects: string[] = [];
  const rejections: Rejection[] = [];
  const lastIDs = new Map<string, number>();
  const known = new Set<string>();

  const server: MemoryServer = {
    effects,
    requests: [],
    pageSize: 100,
    maxMutations: 200,
    schemaVersion: null,
    authorization: null,
    lastMutationID: (clientID) => lastIDs.get(clientID) ?? 0,
    forget: (clientID, lastMutationID = 0) => void lastIDs.set(clientID, lastMutationID),
    write: (id) => void log.push({ op: "put", table: "effects", row: { id } }),
    handle(path, init) {
      const headers = new Headers(init.headers);
      const body: unknown = JSON.parse(String(init.body));
      server.requests.push({ path, body, headers });
      if (server.authorization !== null && headers.get("authorization") !== server.authorization) {
        return refuse(401, { code: "unauthorized", message: "Sign in." });
      }
      if (path === "ticket") return Response.json({ ticket: "ticket-1", room: "person" });
      const request = body as PushRequest | PullRequest;
      if (headers.get(CLIENT_ID_HEADER) !== request.clientID) {
        return refuse(400, { code: "invalid-request", message: "The ids differ." });
      }
      if (server.schemaVersion !== null && request.schemaVersion !== server.schemaVersion) {
        return refuse(409, { code: "schema-mismatch", message: "Reload the app." });
      }
      return "mutations" in request ? push(request) : pull(request);
    },
  };
  return server;

  function push({ clientID, mutations }: PushRequest): Response {
    if (mutations.length > server.maxMutations) {
      return refuse(413, { code: "too-large", message: "Send fewer." });
    }
    const last = server.lastMutationID(clientID);
    const first = mutations[0];
    if (first && first.id > last + 1) {
      return refuse(409, {
        code: "gap",
        message: "One is missing.",
        details: { expected: last + 1 },
      });
    }
    const results = mutations.map(({ id, uid, name }): PushResponse["results"][number] => {
      if (id <= server.lastMutationID(clientID)) return { id, status: "ok", duplicate: true };
      lastIDs.set(clientID, id);
      if (known.has(uid)) return { id, status: "ok", duplicate: true };
      known.add(uid);
      if (name === "refuse") {
        const refusal = { code: "forbidden", message: "You may not." };
        rejections.push({ clientID, id, ...refusal });
        return { id, status: "error", ...refusal };
      }
      effects.push(uid);
      server.write(uid);
      return { id, status: "ok" };
    });
    const response: PushResponse = { lastMutationID: server.lastMutationID(clientID), results };
    return Response.json(response);
  }

  function pull({ cookie, clients }: PullRequest): Response {
    const position = cookie === null ? 0 : Number(cookie.split(":")[0]);
    const target = cookie?.includes("/") ? Number(cookie.split("/")[1]) : log.length;
    const end = Math.min(position + server.pageSize, target);
    const hasMore = end < target;
    const asked = new Map(clients.map(({ clientID, confirmed }) => [clientID, confirmed]));
    const response: PullResponse = {
      cookie: hasMore ? `${end}:/${target}` : `${end}:`,
      patch: [...(cookie === null ? [{ op: "clear" } as const] : []), ...log.slice(position, end)],
      lastMutationIDs: hasMore
        ? {}
        : Object.fromEntries([...asked.keys()].map((id) => [id, server.lastMutationID(id)])),
      rejections: hasMore
        ? []
        : rejections.filter(({ clientID, id }) => id > (asked.get(clientID) ?? Infinity)),
      hasMore,
    };
    return Response.json(response);
  }
}

export function refuse(
  status: number,
  body: { code: string; message: string; details?: unknown },
  headers: Record<string, string> = {},
): Response {
  return Response.json(body, { status, headers });
}
