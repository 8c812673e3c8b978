/**
 * Origins: which sites' pages may call. Exact ones only, never `*`; the own origin always may.
 *
 * A request without an origin does not come from a page of another site, so there is nobody to protect.
 */

import { CLIENT_GROUP_ID_HEADER, CLIENT_ID_HEADER } from "@sh1n4ps/plasma-core";

export interface Origins {
  /** Whether a page of this request's origin may call. */
  allows(request: Request): boolean;
  /** Headers by which a browser lets such a page read the answer. */
  headersFor(request: Request): Readonly<Record<string, string>>;
  /** Headers by which a browser lets such a page send its request. */
  preflightHeadersFor(request: Request): Readonly<Record<string, string>>;
}

export function originPolicy(allowed: readonly string[]): Origins {
  const exact = new Set(allowed.map((origin) => new URL(origin).origin));
  const headersFor = (request: Request): Readonly<Record<string, string>> => {
    const origin = request.headers.get("origin");
    if (origin === null || !exact.has(origin)) return { Vary: "Origin" };
    return {
      Vary: "Origin",
      "Access-Control-Allow-Origin": origin,
      "Access-Control-Expose-Headers": "Retry-After",
    };
  };
  return {
    allows(request) {
      const origin = request.headers.get("origin");
      return origin === null || exact.has(origin) || hostOf(origin) === new URL(request.url).host;
    },
    headersFor,
    preflightHeadersFor(request) {
      const origin = request.headers.get("origin");
      if (origin === null || !exact.has(origin)) return { Vary: "Origin" };
      // The app's own headers (a token, a tenant) are its business: the page that asks is one of its own.
      const asked = request.headers.get("access-control-request-headers") ?? "";
      const headers = /^[\w\-, ]{0,1000}$/.test(asked) && asked !== "" ? asked : DEFAULT_HEADERS;
      return {
        ...headersFor(request),
        Vary: "Origin, Access-Control-Request-Headers",
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": headers,
        "Access-Control-Max-Age": "600",
      };
    },
  };
}

const DEFAULT_HEADERS = `authorization, content-type, ${CLIENT_ID_HEADER}, ${CLIENT_GROUP_ID_HEADER}`;

/** The scheme is left out: behind a proxy that ends TLS the server sees `http`. `null` is no URL, and no match. */
function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host;
  } catch {
    return null;
  }
}
