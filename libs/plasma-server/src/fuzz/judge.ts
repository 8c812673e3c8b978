/**
 * What must hold for every answer, whatever was asked:
 *
 * 1. It is no failure of the server's.
 * 2. A refusal is `{ code, message, details? }`, short, with a code that is documented.
 * 3. It says nothing of the database, and shows no stack.
 * 4. It holds no row, and no id of a row, that belongs to somebody else.
 * 5. No cache may keep it.
 */

import { canaryOf, hiddenKeys, PEOPLE } from "./population.ts";
import type { Person } from "./population.ts";

export const REFUSALS: Readonly<Record<string, number>> = {
  malformed: 400,
  incomplete: 400,
  "too-slow": 400,
  "identity-mismatch": 400,
  unauthorized: 401,
  "origin-not-allowed": 403,
  forbidden: 403,
  "not-found": 404,
  "method-not-allowed": 405,
  "protocol-mismatch": 409,
  "schema-mismatch": 409,
  gap: 409,
  "client-forked": 409,
  "restart-pull": 409,
  "too-large": 413,
  "too-many-mutations": 413,
};

/** In bytes; roughly, in characters. */
const MAX_REFUSAL = 512;

const INTERNALS =
  /sqlite|\bSELECT |INSERT INTO|_plasma_|UNIQUE constraint|FOREIGN KEY|secret-in-a-stack|node_modules|\bat \S+ \(|\.ts:\d|better-sqlite3/;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Everything that is wrong with it. `asker`: null for whoever is not signed in. */
export function complaints(answer: Answer, asker: Person | null): string[] {
  const { status, headers, text } = answer;
  const found: string[] = [];
  if (status >= 500 || status < 200) found.push(`status ${status}: ${text.slice(0, 500)}`);
  if (INTERNALS.test(text)) found.push(`the insides show: ${INTERNALS.exec(text)?.[0]}`);
  if (!isConnected(text) && headers.get("cache-control") !== "no-store, private")
    found.push("a cache may keep it");
  const body = parse(text);
  if (status >= 400) found.push(...refusalComplaints(status, text, body));
  else if (status === 200 && body === undefined) found.push("a success that is no JSON");
  for (const other of PEOPLE) {
    if (other === asker) continue;
    if (text.includes(canaryOf(other))) found.push(`${asker} was sent what belongs to ${other}`);
    const hidden = new Set(hiddenKeys(other));
    for (const key of keysIn(body)) {
      if (hidden.has(key)) found.push(`${asker} was sent ${key}`);
    }
  }
  return found;
}

function refusalComplaints(status: number, text: string, body: unknown): string[] {
  if (typeof body !== "object" || body === null) return [`a refusal that is no object: ${text}`];
  const fields = body as Readonly<Record<string, unknown>>;
  const found: string[] = [];
  const code = fields["code"];
  if (typeof code !== "string" || !Object.hasOwn(REFUSALS, code))
    found.push(`the code ${String(code)}`);
  else if (status < 500 && REFUSALS[code] !== status) found.push(`${code} with status ${status}`);
  if (typeof fields["message"] !== "string" || fields["message"] === "") found.push("no message");
  if (Object.keys(fields).some((key) => !["code", "message", "details"].includes(key)))
    found.push(`other fields than code, message and details: ${text}`);
  if (text.length > MAX_REFUSAL) found.push(`a refusal of ${text.length} characters`);
  return found;
}

/** Of the rows that a pull sends or takes away. */
function* keysIn(body: unknown): Iterable<string> {
  if (typeof body !== "object" || body === null || !("patch" in body)) return;
  for (const operation of body.patch as readonly {
    table?: string;
    id?: string;
    row?: { id: string };
  }[]) {
    const id = operation.row?.id ?? operation.id;
    if (id !== undefined) yield `${operation.table}/${id}`;
  }
}

/** The answer to a socket belongs to whoever accepted it. */
function isConnected(text: string): boolean {
  return text === '{"connected":true}';
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
