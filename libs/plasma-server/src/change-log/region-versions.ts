/**
 * Versions of several regions. Each region counts for itself, and a cookie holds the version that its client has seen of
 * each.
 *
 * Versions are decimal text wherever they meet JSON or a driver: D1 binds every number as a double, which would round what
 * is above 2^53, and takes no bigint.
 */

import { PlasmaDefinitionError } from "@sh1n4ps/plasma-core";
import type { Statement } from "../sql/executor.ts";
import { bindText, join, sql } from "../sql/fragment.ts";
import { mergeCookie } from "./cookie.ts";
import type { Positions } from "./cookie.ts";

/** Which rows each version of each region has touched. */
export const CHANGES_TABLE = "_plasma_changes";
/** Up to which version each region has reserved. */
export const REGION_VERSIONS_TABLE = "_plasma_region_versions";

export interface RegionVersion {
  /** From 0 to 32,767. */
  readonly region: number;
  /** From 0 to 2^48 − 1. */
  readonly version: number;
}

const VERSION_BITS = 48n;
const MAX_REGION = 2 ** 15 - 1;
const MAX_VERSION = 2 ** 48 - 1;

/**
 * Both as one decimal number below 2^63, in the order of the regions and then of the versions.
 *
 * @throws PlasmaDefinitionError for numbers out of range.
 */
export function packRegionVersion(region: number, version: number): string {
  checkRange("region", region, MAX_REGION);
  checkRange("version", version, MAX_VERSION);
  return ((BigInt(region) << VERSION_BITS) | BigInt(version)).toString();
}

/** @throws PlasmaDefinitionError for text that `packRegionVersion` does not give. */
export function unpackRegionVersion(packed: string): RegionVersion {
  if (/^(0|[1-9]\d{0,18})$/.test(packed)) {
    const both = BigInt(packed);
    const region = Number(both >> VERSION_BITS);
    if (region <= MAX_REGION) {
      return { region, version: Number(both & ((1n << VERSION_BITS) - 1n)) };
    }
  }
  throw new PlasmaDefinitionError(
    `unpackRegionVersion() takes what packRegionVersion() gives, a whole number below 2^63 as text.`,
  );
}

/** The position of whoever stood at this one and has seen these changes as well. */
export function advanceCookieFromChanges(
  positions: Positions,
  changes: Iterable<RegionVersion>,
): Positions {
  let advanced = positions;
  for (const { region, version } of changes) {
    checkRange("region", region, MAX_REGION);
    checkRange("version", version, Number.MAX_SAFE_INTEGER);
    advanced = mergeCookie(advanced, { [region]: String(version) });
  }
  return advanced;
}

/**
 * A condition in SQL for `CHANGES_TABLE`: the changes that somebody at this position has not seen, those of regions
 * that the position does not know included. It holds for each region by itself, so that no region's change is passed
 * over because another one is further.
 */
export function pullPredicate(positions: Positions): Statement {
  const known = Object.entries(positions).map(([region, version]) => {
    if (!isDecimal(region) || !isDecimal(version)) {
      throw new PlasmaDefinitionError(
        "pullPredicate() takes the positions of a cookie: regions and versions as decimal text.",
      );
    }
    const of = sql`CAST(${bindText(region)} AS ${BIGINT})`;
    return {
      of,
      seen: sql`(region = ${of} AND version > CAST(${bindText(version)} AS ${BIGINT}))`,
    };
  });
  if (known.length === 0) return sql`(1 = 1)`;
  const others = sql`region NOT IN (${join(known.map(({ of }) => of))})`;
  return sql`(${join([...known.map(({ seen }) => seen), others], " OR ")})`;
}

/** Both databases know it: to SQLite it is an integer, because it has "INT" in it. */
const BIGINT = sql`bigint`;

function isDecimal(text: string): boolean {
  return /^\d{1,19}$/.test(text);
}

function checkRange(what: string, value: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value <= most) return;
  throw new PlasmaDefinitionError(
    `A ${what} is a whole number from 0 to ${most}, but was given ${String(value)}.`,
  );
}
