/**
 * Sessions of the demo: a signed token that says who somebody is, sent as a bearer token.
 *
 * An app of your own replaces this file: all the engine wants is `authenticate`, which turns a request into a person.
 */

import type { Ctx } from "@plasma-starter/todo-domain";
import { CLIENT_ID_HEADER } from "@sh1n4ps/plasma-core";
import { errors, jwtVerify, SignJWT } from "jose";

export interface Sessions {
  /** A token with which `userId` is signed in for 30 days. */
  issue(userId: string): Promise<string>;
  /** Whose request it is, or undefined without a valid token. */
  personOf(request: Request): Promise<string | undefined>;
}

export interface SessionOptions {
  readonly secret: string;
  readonly now: () => number;
}

const ALGORITHM = "HS256";
const ISSUER = "plasma-demo";
const AUDIENCE = "plasma-sync";
const LIFETIME_SECONDS = 30 * 24 * 60 * 60;

export function createSessions({ secret, now }: SessionOptions): Sessions {
  const key = new TextEncoder().encode(secret);
  return {
    issue: async (userId) => {
      const issuedAt = Math.floor(now() / 1000);
      return new SignJWT()
        .setProtectedHeader({ alg: ALGORITHM })
        .setSubject(userId)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + LIFETIME_SECONDS)
        .sign(key);
    },
    personOf: async (request) => {
      const token = bearerToken(request);
      if (token === undefined) return undefined;
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [ALGORITHM],
          issuer: ISSUER,
          audience: AUDIENCE,
          requiredClaims: ["sub", "exp"],
          currentDate: new Date(now()),
        });
        return payload.sub === "" ? undefined : payload.sub;
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}

/** The `auth` option of `createSyncHandler`. A person's tabs and devices form one client group, named after them. */
export function authenticate(sessions: Sessions) {
  return async (request: Request) => {
    const userId = await sessions.personOf(request);
    if (userId === undefined) return { ok: false, reason: "Sign in again." } as const;
    const ctx: Ctx = { userId };
    const clientID = request.headers.get(CLIENT_ID_HEADER) ?? "";
    return { ok: true, clientGroupID: userId, clientID, ctx, principal: userId } as const;
  };
}

function bearerToken(request: Request): string | undefined {
  return /^Bearer ([\w.-]+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}
