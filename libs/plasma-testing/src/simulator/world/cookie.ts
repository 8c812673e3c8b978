/** What a cookie says, read without its key. */

export interface CookieSays {
  /** Null while pages follow. */
  readonly version: number | null;
  readonly nonce: string;
  readonly page?: { readonly version: number; readonly nonce: string };
}

export function readCookie(cookie: string): CookieSays {
  const payload = cookie.slice("c1:".length).split(".")[0] ?? "";
  const says = JSON.parse(Buffer.from(payload, "base64url").toString()) as {
    positions: Record<string, string>;
    nonce: string;
    page?: { version: number; nonce: string };
  };
  const version = says.positions["0"];
  return {
    version: version === undefined ? null : Number(version),
    nonce: says.nonce,
    ...(says.page && { page: says.page }),
  };
}
