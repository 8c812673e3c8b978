/** What a failed request, or a failed step of the sync loop, means for what happens next. */

import { SyncClientError } from "../errors.ts";
import type { TransportHttpError, TransportTrouble } from "./transport.ts";

export type SyncFailure =
  /** Goes away by itself: try again, not before `retryAfterMs` if the server said so. */
  | {
      readonly kind: "transient";
      readonly error: SyncClientError;
      readonly retryAfterMs: number | null;
    }
  /** The same request would fail again: report it at once, and probe slowly in case the server is mended. */
  | { readonly kind: "persistent"; readonly error: SyncClientError }
  /** 401: the headers have expired, or are missing. */
  | { readonly kind: "unauthorized"; readonly error: SyncClientError }
  /** 403: these headers are valid and not enough. */
  | { readonly kind: "forbidden"; readonly error: SyncClientError }
  /** 409: the server runs another schema; the app decides what that means for it. */
  | {
      readonly kind: "schema-mismatch";
      readonly error: SyncClientError;
      readonly decision: "stay" | "reset";
    };

export type SyncPhase = "push" | "pull";

/** What a request that did not succeed means. A schema mismatch says "stay" until the app was asked. */
export function failureOf(
  trouble: Exclude<TransportTrouble, { kind: "aborted" }>,
  phase: SyncPhase,
): SyncFailure {
  switch (trouble.kind) {
    case "network": {
      const message = "The server cannot be reached. The client tries again by itself.";
      const error = new SyncClientError("network", message, { cause: trouble.cause });
      return { kind: "transient", error, retryAfterMs: null };
    }
    case "malformed": {
      // Often a captive portal or a proxy that answers in the server's place.
      const message = `The answer to a ${phase} is not what the protocol says: ${trouble.reason}`;
      const error = new SyncClientError("invalid-response", message);
      return { kind: "transient", error, retryAfterMs: null };
    }
    case "http-error":
      return httpFailure(trouble, phase);
  }
}

/** A refused request as an error for the app, with the server's own words. */
export function httpClientError(answer: TransportHttpError, phase: SyncPhase): SyncClientError {
  const { status, code, message, details } = answer;
  const text = `The server refused a ${phase} (${status} ${code}): ${message}`;
  return new SyncClientError(`${phase}-http`, text, { status, details: { code, details } });
}

/** A step on this device failed, such as storing what was pulled. */
export function localFailure(cause: unknown): SyncFailure {
  const error =
    cause instanceof SyncClientError
      ? cause
      : new SyncClientError("storage", "What the server sent could not be applied.", { cause });
  return { kind: "transient", error, retryAfterMs: null };
}

function httpFailure(answer: TransportHttpError, phase: SyncPhase): SyncFailure {
  const { status, code, message, details } = answer;
  if (status === 401) {
    const advice = "The server does not accept the headers of `authHeaders`: sign in again.";
    const error = new SyncClientError("unauthorized", advice, { status, details });
    return { kind: "unauthorized", error };
  }
  if (status === 409 && (code === "schema-mismatch" || code === "protocol-mismatch")) {
    const error = new SyncClientError("schema-mismatch", message, { status, details });
    return { kind: "schema-mismatch", error, decision: "stay" };
  }
  const error = httpClientError(answer, phase);
  if (status === 403) return { kind: "forbidden", error };
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { kind: "transient", error, retryAfterMs: answer.retryAfterMs };
  }
  return { kind: "persistent", error };
}
