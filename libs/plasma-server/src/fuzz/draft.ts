/** A request before it is sent, in parts that can be altered one by one. */

import { ORIGIN } from "../contract/world.ts";

export type Body =
  | { readonly kind: "none" }
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "chunks";
      readonly chunks: readonly Uint8Array[];
      /** How the stream ends: in good order, broken off, or never. */
      readonly end: "close" | "error" | "stall";
    };

export interface Draft {
  /** From the root, with the query. */
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

/** JSON that `JSON.stringify` would not write (1e999, half a document) goes in by way of a text that says so. */
export function raw(json: string): string {
  return `@@raw:${json}@@`;
}

export function textOf(value: unknown): string {
  return JSON.stringify(value).replaceAll(/"@@raw:(.*?)@@"/gs, "$1");
}

/** As a fetch API lets one send it: what that refuses outright (a GET with a body, a header with a line break) is left out. */
export function toRequest(draft: Draft): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(draft.headers)) {
    try {
      headers.append(name, value);
    } catch {
      // No client can send it.
    }
  }
  const url = new URL(draft.path, ORIGIN);
  url.host = new URL(ORIGIN).host;
  const body = bodyOf(draft.body);
  for (const init of [
    { method: draft.method, headers, body, duplex: "half" },
    { method: draft.method, headers },
    { method: "POST", headers, body, duplex: "half" },
  ]) {
    try {
      return new Request(url, init as RequestInit);
    } catch {
      // The next one is tamer.
    }
  }
  throw new TypeError("No request could be made of a draft.");
}

export function printDraft({ body, ...rest }: Draft): string {
  const shown =
    body.kind === "chunks"
      ? { ...body, chunks: body.chunks.map((chunk) => new TextDecoder().decode(chunk)) }
      : body;
  return JSON.stringify({ ...rest, body: shown });
}

function bodyOf(body: Body): BodyInit | null {
  switch (body.kind) {
    case "none":
      return null;
    case "json":
      return textOf(body.value);
    case "text":
      return body.text;
    case "chunks":
      return streamOf(body);
  }
}

function streamOf({ chunks, end }: Extract<Body, { kind: "chunks" }>): ReadableStream {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = chunks[at++];
      if (chunk) return controller.enqueue(chunk);
      switch (end) {
        case "close":
          return controller.close();
        case "error":
          return controller.error(new Error("The connection was lost."));
        case "stall":
          return new Promise(() => undefined);
      }
    },
  });
}
