/** Reading a request's body, without trust in what it says about itself. */

import { RequestRefused } from "./errors.ts";
import type { Platform } from "./platform.ts";
import { checkShape } from "./requests.ts";

const TIMEOUT_MS = 10_000;

/** The parsed JSON, whose size was counted as it came and whose depth is bounded. */
export async function readJson(
  request: Request,
  limits: { maxBytes: number; platform: Platform },
): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) throw bad("Send the body as application/json.");
  if (request.headers.get("content-encoding")) throw bad("Send the body without Content-Encoding.");
  const bytes = await withTimeout(readBytes(request, limits.maxBytes), limits.platform);
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch (cause) {
    throw bad("The body is not valid JSON.", cause);
  }
  checkShape(body);
  return body;
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new RequestRefused({
        status: 400,
        code: "incomplete",
        message: "The body broke off before its end.",
        cause,
      });
    });
    if (done) break;
    const chunk = value as Uint8Array;
    length += chunk.byteLength;
    if (length > maxBytes) {
      reader.cancel().catch(() => undefined);
      throw new RequestRefused({
        status: 413,
        code: "too-large",
        message: `The body is larger than ${maxBytes} bytes. Send fewer mutations at once.`,
        details: { max: maxBytes },
      });
    }
    chunks.push(chunk);
  }
  // Most are small enough to come in one piece.
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

async function withTimeout<T>(work: Promise<T>, platform: Platform): Promise<T> {
  let timer: unknown;
  const tooSlow = new Promise<never>((_, reject) => {
    timer = platform.timers.set(
      () =>
        reject(
          new RequestRefused({
            status: 400,
            code: "too-slow",
            message: "The body did not arrive in time.",
          }),
        ),
      TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([work, tooSlow]);
  } finally {
    platform.timers.clear(timer);
  }
}

function bad(message: string, cause?: unknown): RequestRefused {
  return new RequestRefused({ status: 400, code: "malformed", message, cause });
}
