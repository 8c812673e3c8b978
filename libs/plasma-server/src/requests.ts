/** The bodies of requests, checked by hand: what passes here has the shape that `protocol/wire.ts` promises. */

import { MAX_PULL_CLIENTS } from "@sh1n4ps/plasma-core";
import type {
  Handshake,
  Json,
  PullRequest,
  PushRequest,
  TicketRequest,
  WireMutation,
} from "@sh1n4ps/plasma-core";
import { RequestRefused } from "./errors.ts";

/** Args may be 64 deep, and lie a few levels down in the body. */
const MAX_DEPTH = 70;
/** More than the largest body of ordinary size can hold: what a client may send is bounded by bytes. */
const MAX_NODES = 1_000_000;
const MAX_PAGE = 5000;
const DEFAULT_PAGE = 1000;

type Fields = Readonly<Record<string, unknown>>;

export function parsePush(body: unknown, maxMutations: number): PushRequest {
  const fields = record(body, "The body");
  const mutations = list(fields["mutations"], "mutations");
  if (mutations.length === 0) throw malformed("mutations must not be empty.");
  if (mutations.length > maxMutations) {
    throw new RequestRefused({
      status: 413,
      code: "too-many-mutations",
      message: `Send at most ${maxMutations} mutations in one push.`,
      details: { max: maxMutations },
    });
  }
  const parsed = mutations.map(parseMutation);
  const uids = new Set<string>();
  for (const [at, mutation] of parsed.entries()) {
    if (mutation.id !== (parsed[0] as WireMutation).id + at)
      throw malformed("The ids of mutations must be consecutive.");
    if (uids.has(mutation.uid)) throw malformed("Two mutations have the same uid.");
    uids.add(mutation.uid);
  }
  return {
    ...parseHandshake(fields),
    confirmed: wholeNumber(fields["confirmed"], "confirmed", 0),
    mutations: parsed,
    ...parseBase(fields["base"]),
    ...(fields["retry"] === true && { retry: true as const }),
  };
}

export function parsePull(body: unknown): Required<PullRequest> {
  const fields = record(body, "The body");
  const cookie = fields["cookie"];
  if (cookie !== null && typeof cookie !== "string")
    throw malformed("cookie must be text or null.");
  const clients = list(fields["clients"], "clients");
  if (clients.length > MAX_PULL_CLIENTS)
    throw malformed(`clients must have at most ${MAX_PULL_CLIENTS} entries.`);
  const limit =
    fields["limit"] === undefined ? DEFAULT_PAGE : wholeNumber(fields["limit"], "limit", 1);
  return {
    ...parseHandshake(fields),
    cookie,
    limit: Math.min(limit, MAX_PAGE),
    clients: clients.map((entry) => {
      const client = record(entry, "An entry of clients");
      return {
        clientID: identifier(client["clientID"], "clientID"),
        confirmed: wholeNumber(client["confirmed"], "confirmed", 0),
      };
    }),
  };
}

export function parseTicket(body: unknown): TicketRequest {
  const { room } = record(body, "The body");
  return room === undefined ? {} : { room: identifier(room, "room") };
}

/** Refuses what would overflow the stack of whoever walks it later. Iterative itself, for the same reason. */
export function checkShape(body: unknown): void {
  const open: { value: unknown; depth: number }[] = [{ value: body, depth: 0 }];
  let nodes = 0;
  for (let item = open.pop(); item; item = open.pop()) {
    if (++nodes > MAX_NODES) {
      throw new RequestRefused({
        status: 413,
        code: "too-large",
        message: "The body has too many values. Send fewer mutations at once.",
        details: { max: MAX_NODES },
      });
    }
    const { value, depth } = item;
    if (typeof value !== "object" || value === null) continue;
    if (depth >= MAX_DEPTH) throw malformed("The body is nested too deep.");
    for (const child of Array.isArray(value) ? value : Object.values(value)) {
      open.push({ value: child, depth: depth + 1 });
    }
  }
}

function parseHandshake(fields: Fields): Handshake {
  const schemaVersion = fields["schemaVersion"];
  if (typeof schemaVersion !== "string" || schemaVersion.length > 200)
    throw malformed("schemaVersion must be text.");
  return {
    protocolVersion: wholeNumber(fields["protocolVersion"], "protocolVersion", 0),
    schemaVersion,
    clientGroupID: identifier(fields["clientGroupID"], "clientGroupID"),
    clientID: identifier(fields["clientID"], "clientID"),
  };
}

function parseBase(base: unknown): Pick<PushRequest, "base"> {
  if (base === undefined) return {};
  if (base !== null && typeof base !== "string") throw malformed("base must be text or null.");
  return { base };
}

function parseMutation(value: unknown): WireMutation {
  const fields = record(value, "A mutation");
  const { name, uid, timestamp } = fields;
  if (typeof name !== "string" || name.length === 0 || name.length > 100) {
    throw malformed("The name of a mutation must be text of 1 to 100 characters.");
  }
  if (typeof uid !== "string" || !/^[\w-]{8,64}$/.test(uid)) {
    throw malformed(
      "The uid of a mutation must be 8 to 64 letters, digits, dashes or underscores.",
    );
  }
  if (typeof timestamp !== "number" || !Number.isFinite(timestamp))
    throw malformed("timestamp must be a number.");
  if (!Object.hasOwn(fields, "args")) throw malformed("A mutation has no args.");
  // Checked by the tagged codec when the mutation runs: bad args refuse that mutation, not the whole push.
  return {
    id: wholeNumber(fields["id"], "id", 1),
    uid,
    name,
    timestamp,
    args: fields["args"] as Json,
  };
}

function record(value: unknown, what: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw malformed(`${what} must be an object.`);
}

function list(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw malformed(`${what} must be a list.`);
}

function wholeNumber(value: unknown, what: string, least: number): number {
  if (
    typeof value === "number" &&
    Number.isSafeInteger(value) &&
    value >= least &&
    !Object.is(value, -0)
  )
    return value;
  throw malformed(`${what} must be a whole number of ${least} or more.`);
}

/** Text that may name a client, a group or a room. */
export function identifier(value: unknown, what: string): string {
  const fits = typeof value === "string" && value.length > 0 && value.length <= 200;
  if (fits && value.isWellFormed() && !value.includes("\0")) return value;
  throw malformed(`${what} must be text of 1 to 200 characters.`);
}

function malformed(message: string): RequestRefused {
  return new RequestRefused({ status: 400, code: "malformed", message });
}
