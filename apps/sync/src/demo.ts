/**
 * The demo: sessions for its people without a password, and the rows that they start with. Anyone may call both, so
 * they exist only where the setting DEMO is "true".
 */

import { demoPeople } from "@plasma-starter/todo-domain";
import type { ErrorBody } from "@sh1n4ps/plasma-core";
import type { SqlExecutor } from "@sh1n4ps/plasma-server";
import type { Sessions } from "./auth.ts";
import { demoRows } from "./demo-rows.ts";

export interface DemoOptions {
  readonly executor: SqlExecutor;
  readonly sessions: Sessions;
  readonly now: () => number;
}

const MAX_BODY_BYTES = 1024;

/** Answers `POST /demo/session` and `POST /demo/seed`; undefined for any other path. */
export function createDemo(options: DemoOptions) {
  return async (request: Request): Promise<Response | undefined> => {
    const { pathname } = new URL(request.url);
    if (pathname !== "/demo/session" && pathname !== "/demo/seed") return undefined;
    if (request.method !== "POST") {
      return refuse(405, "method-not-allowed", "Send a POST request.", { allow: "POST" });
    }
    return pathname === "/demo/seed" ? seed(options) : openSession(request, options);
  };
}

async function seed({ executor, now }: DemoOptions): Promise<Response> {
  return Response.json({ seeded: await seedOnce(executor, now()) });
}

/** `{ account }` → a token for that person, and who they are. */
async function openSession(request: Request, options: DemoOptions): Promise<Response> {
  const account = await readAccount(request);
  if (account === undefined) {
    return refuse(400, "invalid-request", 'Send JSON like { "account": "ada" }.');
  }
  const person = demoPeople.find(({ id }) => id === account);
  if (!person) {
    const names = demoPeople.map(({ id }) => id).join(", ");
    return refuse(404, "unknown-account", `The demo's people are: ${names}.`);
  }
  await seedOnce(options.executor, options.now());
  return Response.json({ token: await options.sessions.issue(person.id), person });
}

async function readAccount(request: Request): Promise<string | undefined> {
  const length = Number(request.headers.get("content-length") ?? Number.NaN);
  if (!(length <= MAX_BODY_BYTES)) return undefined;
  let body: unknown;
  try {
    body = await request.json();
  } catch {
    return undefined;
  }
  if (typeof body !== "object" || body === null || !("account" in body)) return undefined;
  return typeof body.account === "string" ? body.account : undefined;
}

/**
 * Makes the demo's rows, unless that was done before: what people delete stays deleted. All of it is one
 * transaction, so whoever comes second finds everything or breaks off at the first row.
 */
async function seedOnce(executor: SqlExecutor, time: number): Promise<boolean> {
  if (await isSeeded(executor)) return false;
  try {
    await executor.batch(demoRows(time));
    return true;
  } catch (error) {
    if (await isSeeded(executor)) return false;
    throw error;
  }
}

async function isSeeded(executor: SqlExecutor): Promise<boolean> {
  const found = await executor.all({
    text: `SELECT "id" FROM "users" WHERE "id" = ?`,
    params: [demoPeople[0].id],
  });
  return found.length > 0;
}

function refuse(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return Response.json({ code, message } satisfies ErrorBody, { status, headers });
}
