/** Node's requests and responses as those of the web, which the sync handler speaks. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";

/** Null if its target or its host is no address. Its body is read as it is asked for. */
export function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request | null {
  const { method = "GET", headersDistinct, url = "/", headers } = incoming;
  const address = `http://${headers.host ?? "localhost"}${url.startsWith("/") ? url : "/"}`;
  if (!URL.canParse(address)) return null;
  const list = Object.entries(headersDistinct).flatMap(([name, values]) =>
    (values ?? []).map((value): [string, string] => [name, value]),
  );
  const hasBody = method !== "GET" && method !== "HEAD";
  try {
    return new Request(address, {
      method,
      headers: list,
      signal,
      ...(hasBody && { body: Readable.toWeb(incoming) as BodyInit, duplex: "half" }),
    } as RequestInit);
  } catch {
    // TRACE and the like.
    return null;
  }
}

export async function sendResponse(response: Response, outgoing: ServerResponse): Promise<void> {
  const headers: [string, string][] = [...response.headers];
  outgoing.writeHead(response.status, headers.flat());
  if (!response.body) {
    outgoing.end();
    return;
  }
  await pipeline(Readable.fromWeb(response.body as ReadableStream), outgoing);
}
