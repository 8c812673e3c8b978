/**
 * Cookies: what a client has seen, as an opaque, signed text.
 *
 * `c1:<base64url of JSON>.<base64url of HMAC-SHA256>`. The key lies in the database, so that a cookie of another
 * database does not verify. Positions map a region to a version, as decimal text.
 *
 * A cookie is believed only if all of it fits (see `pull.ts`); otherwise the client gets a snapshot. So nothing in
 * here needs to be secret, and no cookie is an error.
 */

import { fromBase64Url, toBase64Url, utf8 } from "../bytes.ts";
import type { Platform } from "../platform.ts";

/** Region → version, as decimal text. A region that is missing stands at nothing. */
export type Positions = Readonly<Record<string, string>>;

export interface Cookie {
  /** Empty while the pages of a snapshot are fetched: the client has nothing yet. */
  readonly positions: Positions;
  readonly databaseId: string;
  /** The nonce of the version at each position (and of the page's version): tells one past from another. */
  readonly nonce: string;
  readonly principal: string;
  readonly schemaVersion: string;
  /** What the rules made of the person's context. */
  readonly visibility: string;
  /** While a pull is paged: how far it is, at which version. */
  readonly page?: PagePosition;
}

export interface PagePosition {
  readonly version: number;
  readonly nonce: string;
  readonly table: string;
  readonly lastId: string;
}

export interface CookieKey {
  readonly key: string;
  readonly platform: Platform;
}

const PREFIX = "c1:";
const MAX_LENGTH = 4096;

export async function encodeCookie(cookie: Cookie, key: CookieKey): Promise<string> {
  const payload = toBase64Url(utf8(JSON.stringify(cookie)));
  return `${PREFIX}${payload}.${toBase64Url(await macOf(payload, key))}`;
}

/** The cookie, or null if this server did not write it. */
export async function decodeCookie(text: string, key: CookieKey): Promise<Cookie | null> {
  const parts = split(text);
  if (!parts) return null;
  const mac = fromBase64Url(parts.mac);
  if (!mac || !sameBytes(mac, await macOf(parts.payload, key))) return null;
  return peekCookie(text);
}

/** What a cookie claims, not verified: good for looking up what is needed to verify it. */
export function peekCookie(text: string): Cookie | null {
  const parts = split(text);
  const bytes = parts && fromBase64Url(parts.payload);
  if (!bytes) return null;
  try {
    const parsed: unknown = JSON.parse(
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes),
    );
    return isCookie(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

/** The version at a position, or null if there is none. */
export function versionAt(positions: Positions, region = "0"): number | null {
  const text = Object.hasOwn(positions, region) ? positions[region] : undefined;
  if (text === undefined || !/^\d{1,16}$/.test(text)) return null;
  const version = Number(text);
  return Number.isSafeInteger(version) ? version : null;
}

/** The least position that covers both: the greater version of each region. */
export function mergeCookie(left: Positions, right: Positions): Positions {
  const merged: Record<string, string> = { ...left };
  for (const [region, version] of Object.entries(right)) {
    const other = Object.hasOwn(merged, region) ? merged[region] : undefined;
    if (other === undefined || BigInt(version) > BigInt(other)) merged[region] = version;
  }
  return merged;
}

/** Whether whoever stands at `position` has seen everything that `other` has. */
export function cookieCovers(position: Positions, other: Positions): boolean {
  return Object.entries(other).every(([region, version]) => {
    const own = Object.hasOwn(position, region) ? position[region] : undefined;
    return own !== undefined && BigInt(own) >= BigInt(version);
  });
}

function split(text: string): { payload: string; mac: string } | null {
  if (text.length > MAX_LENGTH || !text.startsWith(PREFIX)) return null;
  const [payload, mac, ...rest] = text.slice(PREFIX.length).split(".");
  return payload && mac && rest.length === 0 ? { payload, mac } : null;
}

function macOf(payload: string, { key, platform }: CookieKey): Promise<Uint8Array> {
  return platform.crypto.hmacSha256(utf8(key), utf8(payload));
}

/** In constant time, so that a mac cannot be guessed byte by byte. */
function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let at = 0; at < left.length; at++)
    difference |= (left[at] as number) ^ (right[at] as number);
  return difference === 0;
}

function isCookie(value: unknown): value is Cookie {
  if (!isRecord(value) || !isRecord(value["positions"])) return false;
  const texts = ["databaseId", "nonce", "principal", "schemaVersion", "visibility"];
  if (!texts.every((key) => typeof value[key] === "string")) return false;
  if (
    !Object.values(value["positions"]).every(
      (version) => typeof version === "string" && /^\d{1,20}$/.test(version),
    )
  ) {
    return false;
  }
  const page = value["page"];
  if (page === undefined) return true;
  return (
    isRecord(page) &&
    Number.isSafeInteger(page["version"]) &&
    ["nonce", "table", "lastId"].every((key) => typeof page[key] === "string")
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
