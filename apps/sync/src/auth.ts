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
  /** The same, and when the token ends, in milliseconds since 1970. */
  sessionOf(request: Request): Promise<Session | undefined>;
}

export interface Session {
  readonly userId: string;
  readonly expiresAt: number;
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
  const sessionOf = async (request: Request): Promise<Session | undefined> => {
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
      const { sub, exp } = payload;
      return sub && exp !== undefined ? { userId: sub, expiresAt: exp * 1000 } : undefined;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  };
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
    sessionOf,
    personOf: async (request) => (await sessionOf(request))?.userId,
  };
}

/** The `auth` option of `createSyncHandler`. A person's tabs and devices form one client group, named after them. */
export function authenticate(sessions: Sessions) {
  return async (request: Request) => {
    const session = await sessions.sessionOf(request);
    if (session === undefined) return { ok: false, reason: "Sign in again." } as const;
    const { userId, expiresAt } = session;
    const ctx: Ctx = { userId };
    const clientID = request.headers.get(CLIENT_ID_HEADER) ?? "";
    const identity = { clientGroupID: userId, clientID, ctx, principal: userId };
    return { ok: true, ...identity, expiresAt } as const;
  };
}

function bearerToken(request: Request): string | undefined {
  return /^Bearer ([\w.-]+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}
