import { PlasmaDefinitionError } from "@sh1n4ps/plasma-core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SqlExecutor } from "../sql/executor.ts";
import { bindText, integer, sql } from "../sql/fragment.ts";
import { openPostgres, openSqlite } from "../testing/databases.ts";
import type { TestDatabase } from "../testing/databases.ts";
import { cookieCovers } from "./cookie.ts";
import {
  advanceCookieFromChanges,
  packRegionVersion,
  pullPredicate,
  unpackRegionVersion,
} from "./region-versions.ts";

const region = fc.integer({ min: 0, max: 2 ** 15 - 1 });
const version = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const few = fc.record({ region: fc.integer({ min: 0, max: 3 }), version: fc.nat(6) });

describe("a packed region and version", () => {
  it("is unpacked to what it was, in the order of the numbers, below 2^63", () => {
    fc.assert(
      fc.property(region, version, region, version, (r, v, otherRegion, otherVersion) => {
        const packed = packRegionVersion(r, v);
        expect(unpackRegionVersion(packed)).toEqual({ region: r, version: v });
        expect(BigInt(packed) < 2n ** 63n).toBe(true);
        const other = BigInt(packRegionVersion(otherRegion, otherVersion));
        const isLess = r < otherRegion || (r === otherRegion && v < otherVersion);
        expect(BigInt(packed) < other).toBe(isLess);
      }),
    );
  });

  it("refuses what is out of range, and text of another kind", () => {
    for (const [r, v] of [
      [-1, 0],
      [2 ** 15, 0],
      [0, 2 ** 48],
      [0, 0.5],
      [NaN, 0],
    ] as const) {
      expect(() => packRegionVersion(r, v)).toThrow(PlasmaDefinitionError);
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          const { region: r, version: v } = unpackRegionVersion(text);
          expect(packRegionVersion(r, v)).toBe(text);
        } catch (error) {
          expect(error).toBeInstanceOf(PlasmaDefinitionError);
        }
      }),
    );
    expect(() => unpackRegionVersion(String(2n ** 63n))).toThrow(PlasmaDefinitionError);
  });
});

describe.each([
  ["SQLite", openSqlite],
  ["Postgres", openPostgres],
])("the changes that a position has not seen, on %s", (_name, open) => {
  let database: TestDatabase;
  let executor: SqlExecutor;
  beforeAll(async () => {
    database = await open();
    ({ executor } = database);
    await executor.run(sql`CREATE TABLE changes (region bigint NOT NULL, version bigint NOT NULL)`);
  });
  afterAll(() => database.close());

  it("are all but those that it covers, and none is left once they are seen", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(few), fc.array(few), async (changes, seen) => {
        await executor.run(sql`DELETE FROM changes`);
        for (const change of changes) {
          await executor.run(
            sql`INSERT INTO changes VALUES (${integer(change.region)}, ${integer(change.version)})`,
          );
        }
        const position = advanceCookieFromChanges({}, seen);
        const unseen = await executor.all(
          sql`SELECT region, version FROM changes WHERE ${pullPredicate(position)}`,
        );
        const isUnseen = (change: { region: number; version: number }) =>
          !cookieCovers(position, { [change.region]: String(change.version) });
        const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();
        expect(sorted(unseen)).toEqual(sorted(changes.filter(isUnseen)));
        const after = advanceCookieFromChanges(position, changes);
        expect(cookieCovers(after, position)).toBe(true);
        const left = await executor.all(
          sql`SELECT 1 AS found FROM changes WHERE ${pullPredicate(after)}`,
        );
        expect(left).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it("are exact above 2^53, where a double would round", async () => {
    await executor.run(sql`DELETE FROM changes`);
    await executor.run(
      sql`INSERT INTO changes VALUES (1, CAST(${bindText("9007199254740993")} AS bigint))`,
    );
    const after = async (seen: string) =>
      (await executor.all(sql`SELECT 1 AS found FROM changes WHERE ${pullPredicate({ 1: seen })}`))
        .length;
    expect(await after("9007199254740992")).toBe(1);
    expect(await after("9007199254740993")).toBe(0);
  });

  it("refuse positions that are no numbers", () => {
    expect(() => pullPredicate({ "0": "1; DROP TABLE x" })).toThrow(PlasmaDefinitionError);
    expect(() => pullPredicate({ "0) OR (1=1": "1" })).toThrow(PlasmaDefinitionError);
  });
});
