/** Random changes to a whole request: its body mostly, but its address, method, headers and how it is sent as well. */

import type { Chance } from "../contract/random.ts";
import type { Body, Draft } from "./draft.ts";
import { textOf } from "./draft.ts";
import { mutateJson, mutateText } from "./mutate-json.ts";

const PATHS = [
  "/sync/push",
  "/sync/pull",
  "/sync/ticket",
  "/sync/coordinator",
  "/sync/coordinator?room=bob",
  "/sync/coordinator?room=%00&room=ada",
  "/sync/coordinator?room=%ff%fe",
  "/sync",
  "/sync/",
  "/sync//push",
  "/sync/PUSH",
  "/sync/push/",
  "/sync/pull?cookie=1",
  "/sync/%70ull",
  "/sync/../sync/pull",
  "/sync/..%2fpull",
  "/sync/blob/abc",
  "/sync/__proto__",
  "/sync/constructor",
  "/",
];
const METHODS = ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "post", "PROPFIND", "BREW"];
const CONTENT_TYPES = [
  "text/plain",
  "",
  "application/json;charset=utf-16",
  "application/jsonp",
  "multipart/form-data; boundary=x",
  "application/x-www-form-urlencoded",
  "APPLICATION/JSON ; a=b",
];
const ORIGINS = [
  "null",
  "https://evil.example",
  "https://sync.example.evil.example",
  "https://app.example",
  "http://sync.example",
  "https://sync.example:8443",
  "file://",
  "not a url",
  "",
];

export function mutateDraft(draft: Draft, random: Chance, texts: readonly string[]): Draft {
  let mutated = draft;
  for (let left = 1 + random.below(3); left > 0; left--) {
    mutated = mutateOnce(mutated, random, texts);
  }
  return mutated;
}

function mutateOnce(draft: Draft, random: Chance, texts: readonly string[]): Draft {
  switch (random.below(16)) {
    case 0:
      return { ...draft, path: random.pick(PATHS) };
    case 1:
      return { ...draft, method: random.pick(METHODS) };
    case 2:
    case 3:
      return { ...draft, headers: mutateHeaders(draft.headers, random, texts) };
    case 4:
      return { ...draft, body: mutateBytes(draft.body, random) };
    default:
      if (draft.body.kind !== "json") {
        return { ...draft, headers: mutateHeaders(draft.headers, random, texts) };
      }
      return {
        ...draft,
        body: { kind: "json", value: mutateJson(draft.body.value, random, texts) },
      };
  }
}

function mutateHeaders(
  headers: Draft["headers"],
  random: Chance,
  texts: readonly string[],
): Draft["headers"] {
  const names = Object.keys(headers);
  const name = random.pick(names);
  switch (random.below(8)) {
    case 0:
      return Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
    case 1:
      return { ...headers, "content-type": random.pick(CONTENT_TYPES) };
    case 2:
      return { ...headers, origin: random.pick(ORIGINS) };
    case 3:
      return { ...headers, "content-encoding": random.pick(["gzip", "identity", "br, gzip", ""]) };
    case 4:
      return {
        ...headers,
        "content-length": random.pick(["0", "-1", "99999999999", "x"]),
        "transfer-encoding": random.pick(["chunked", "identity", "xchunked"]),
        upgrade: random.pick(["websocket", "h2c", ""]),
        "access-control-request-headers": random.pick(["*", "x, y", "x".repeat(2000)]),
        "x-forwarded-host": "evil.example",
        "x-http-method-override": "DELETE",
        "x-plasma-socket-identity": "%7B%22clientID%22%3A%22a%22%7D",
      };
    case 5:
      return {
        ...headers,
        "sec-websocket-protocol": random.pick([
          "plasma.v1",
          "plasma.ticket.",
          "plasma.ticket.nonsense-nonsense-nonsense",
          `plasma.ticket.${"a".repeat(101)}`,
          ",,,",
        ]),
        upgrade: "websocket",
      };
    default:
      return { ...headers, [name]: mutateText(headers[name]!, random, texts) };
  }
}

/** Below the level of JSON: broken text, broken UTF-8, pieces, too much, and connections that are lost. */
function mutateBytes(body: Body, random: Chance): Body {
  const text = body.kind === "json" ? textOf(body.value) : body.kind === "text" ? body.text : "{}";
  const at = random.below(text.length + 1);
  switch (random.below(9)) {
    case 0:
      return { kind: "none" };
    case 1:
      return { kind: "text", text: text.slice(0, at) };
    case 2:
      // The same field twice: the last one counts.
      return { kind: "text", text: text.replace("{", '{"clientID":"somebody","mutations":[],') };
    case 3:
      return { kind: "text", text: text.replace(/\}$/, ',"clientID":"somebody"}') };
    case 4:
      return { kind: "text", text: `\ufeff${text}` };
    case 5:
      return { kind: "text", text: text + " ".repeat(random.pick([1, 70_000])) };
    case 6: {
      const bytes = new TextEncoder().encode(text);
      bytes[random.below(bytes.length)] = random.pick([0xff, 0xc0, 0x80, 0xed, 0]);
      return { kind: "chunks", chunks: [bytes], end: "close" };
    }
    default: {
      const bytes = new TextEncoder().encode(text);
      const size = 1 + random.below(bytes.length + 1);
      const chunks: Uint8Array[] = [];
      for (let from = 0; from < bytes.length; from += size) {
        chunks.push(bytes.slice(from, from + size), new Uint8Array());
      }
      // Nobody waits long for a body, but a little: seldom.
      const end = random.oneIn(30) ? "stall" : random.oneIn(4) ? "error" : "close";
      return { kind: "chunks", chunks, end };
    }
  }
}
