/**
 * The demo's sign-in: a bearer token for each person, kept in this window's session storage, so that two people fit
 * into one browser. It goes into the Authorization header and nowhere else. Replace this file with your own sign-in;
 * `authHeaders` is all that the sync client asks for.
 */

import type { DemoPersonId } from "@plasma-starter/todo-domain";
import { SYNC_URL } from "./sync-url.ts";

export type Session = ReturnType<typeof createSession>;

interface SessionDeps {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
}

/**
 * A person's session. Asking for headers uses the stored token, so starting offline works; the client asks again after
 * a 401, and `fetcher` has thrown the refused token away by then, so that one new token is fetched.
 */
export function createSession(personId: DemoPersonId, { fetch, storage }: SessionDeps) {
  const key = `plasma-session-${personId}`;
  let signingIn: Promise<string> | undefined;

  const token = (): Promise<string> => {
    const stored = storage.getItem(key);
    if (stored) return Promise.resolve(stored);
    // Requests that start together share one sign-in.
    signingIn ??= signIn(personId, fetch)
      .then((fresh) => {
        storage.setItem(key, fresh);
        return fresh;
      })
      .finally(() => {
        signingIn = undefined;
      });
    return signingIn;
  };

  return {
    authHeaders: async () => ({ authorization: `Bearer ${await token()}` }),
    fetcher: async (url: string, init: RequestInit): Promise<Response> => {
      const response = await fetch(url, init);
      const refused = new Headers(init.headers).get("authorization");
      if (response.status === 401 && refused === `Bearer ${storage.getItem(key)}`)
        storage.removeItem(key);
      return response;
    },
  };
}

async function signIn(account: DemoPersonId, fetch: SessionDeps["fetch"]): Promise<string> {
  const response = await fetch(`${SYNC_URL}/demo/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ account }),
  });
  if (!response.ok)
    throw new Error(`Signing in failed (status ${response.status}). Try again later.`);
  const body: unknown = await response.json();
  if (
    typeof body === "object" &&
    body !== null &&
    "token" in body &&
    typeof body.token === "string"
  ) {
    return body.token;
  }
  throw new Error("Signing in failed: the answer has no token.");
}
