/** Answers: JSON that no cache keeps, and errors that say nothing of the database. */

import type { ErrorResponse } from "@sh1n4ps/plasma-core";
import type { RequestRefused } from "./errors.ts";

const HEADERS = {
  "Cache-Control": "no-store, private",
  "X-Content-Type-Options": "nosniff",
} as const;

export function success(body: unknown): Response {
  return answer(200, body);
}

export function refusal(refused: RequestRefused): Response {
  const { code, message, details } = refused;
  const body: ErrorResponse =
    details === undefined ? { code, message } : { code, message, details };
  return answer(refused.status, body, refused.headers);
}

export function empty(status: number): Response {
  return new Response(null, { status, headers: HEADERS });
}

function answer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...HEADERS, "Content-Type": "application/json; charset=utf-8", ...headers },
  });
}
