/**
 * Answers of the server, checked by hand before anything else sees them.
 *
 * A checked answer is built anew from what was checked, so that no unknown field and no inherited one gets through.
 * The cells of rows are checked where they are decoded, against the schema.
 */

import type {
  ErrorBody,
  JsonRow,
  MutationResult,
  PatchOperation,
  PullResponse,
  PushResponse,
  Rejection,
  ResetReason,
  TicketResponse,
} from "@sh1n4ps/plasma-core";

/** Why an answer is not what the protocol says. It never leaves this package's transport. */
export class MalformedAnswer extends Error {}

export function checkPushResponse(body: unknown): PushResponse {
  const answer = object(body, "The answer to a push");
  return {
    lastMutationID: mutationID(answer["lastMutationID"], "lastMutationID"),
    results: array(answer["results"], "results").map(checkResult),
  };
}

export function checkPullResponse(body: unknown): PullResponse {
  const answer = object(body, "The answer to a pull");
  const hasMore = answer["hasMore"];
  if (typeof hasMore !== "boolean") throw new MalformedAnswer("hasMore is not a boolean.");
  const ids = object(answer["lastMutationIDs"], "lastMutationIDs");
  return {
    cookie: text(answer["cookie"], "cookie"),
    patch: array(answer["patch"], "patch").map(checkOperation),
    // Own properties only, even for a client id named like something that objects inherit.
    lastMutationIDs: Object.fromEntries(
      Object.entries(ids).map(([clientID, id]) => [clientID, mutationID(id, "lastMutationIDs")]),
    ),
    ...(answer["lastMutationUIDs"] !== undefined && {
      lastMutationUIDs: checkUIDs(answer["lastMutationUIDs"]),
    }),
    rejections: array(answer["rejections"], "rejections").map(checkRejection),
    hasMore,
    ...(isResetReason(answer["reset"]) && { reset: answer["reset"] }),
  };
}

function checkUIDs(value: unknown): Record<string, string> {
  const uids = object(value, "lastMutationUIDs");
  return Object.fromEntries(
    Object.entries(uids).map(([clientID, uid]) => [clientID, text(uid, "lastMutationUIDs")]),
  );
}

/** A reason that only a newer server knows is none for us. */
function isResetReason(reason: unknown): reason is ResetReason {
  return reason === "changed" || reason === "expired" || reason === "rolled-back";
}

export function checkTicketResponse(body: unknown): TicketResponse {
  const answer = object(body, "A ticket");
  return { ticket: text(answer["ticket"], "ticket"), room: text(answer["room"], "room") };
}

/** Null for a body that is none: proxies and gateways answer in their own words. */
export function readErrorBody(body: unknown): ErrorBody | null {
  try {
    return errorBody(object(body, "An error"));
  } catch {
    return null;
  }
}

function checkResult(value: unknown): MutationResult {
  const result = object(value, "A result");
  const id = mutationID(result["id"], "id");
  const duplicate = result["duplicate"] === true ? ({ duplicate: true } as const) : {};
  switch (result["status"]) {
    case "ok":
      return { id, status: "ok", ...duplicate };
    case "error":
      return { id, status: "error", ...errorBody(result), ...duplicate };
    case "not-reached":
      return { id, status: "not-reached" };
    default:
      throw new MalformedAnswer("A result has an unknown status.");
  }
}

function checkOperation(value: unknown): PatchOperation {
  const operation = object(value, "A patch operation");
  switch (operation["op"]) {
    case "clear":
      return { op: "clear" };
    case "put": {
      const row = object(operation["row"], "A row");
      text(row["id"], "The id of a row");
      return { op: "put", table: text(operation["table"], "table"), row: row as JsonRow };
    }
    case "del":
      return {
        op: "del",
        table: text(operation["table"], "table"),
        id: text(operation["id"], "id"),
      };
    default:
      throw new MalformedAnswer("A patch operation is unknown.");
  }
}

function checkRejection(value: unknown): Rejection {
  const rejection = object(value, "A rejection");
  return {
    clientID: text(rejection["clientID"], "clientID"),
    id: mutationID(rejection["id"], "id"),
    ...errorBody(rejection),
  };
}

function errorBody(value: Readonly<Record<string, unknown>>): ErrorBody {
  const { code, message, details } = value;
  if (typeof message !== "string") throw new MalformedAnswer("message is not a text.");
  return { code: text(code, "code"), message, ...(details === undefined ? {} : { details }) };
}

function object(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MalformedAnswer(`${what} is not an object.`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function array(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new MalformedAnswer(`${what} is not a list.`);
  return value;
}

function text(value: unknown, what: string): string {
  if (typeof value !== "string" || value === "")
    throw new MalformedAnswer(`${what} is not a text.`);
  return value;
}

function mutationID(value: unknown, what: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new MalformedAnswer(`${what} is not a mutation id.`);
  }
  return value;
}
