/**
 * Whether the tests of visibility would notice: what a pull asks of the database is broken in one way at a time, and some
 * random history must end with wrong rows, or with a row named that may not be. One mutant is too rare for that; it has
 * a scene of its own.
 */

import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { fromBetterSqlite3 } from "../sql/better-sqlite3.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { newCounts, randomHistories } from "./history-contract.ts";
import { partnersBetweenPages } from "./partners-between-pages.ts";

type Rewrite = (text: string) => string;

const SINCE = String.raw`\(SELECT since FROM "@span"\)`;
const UNTIL = String.raw`\(SELECT until FROM "@span"\)`;

const withoutImages =
  (sides: string): Rewrite =>
  (text) =>
    text.replace(
      new RegExp(String.raw`FROM ("\w+@(?:${sides})") AS`, "g"),
      "FROM (SELECT * FROM $1 WHERE 1 = 0) AS",
    );

const MUTANTS: Readonly<Record<string, Rewrite>> = {
  "the last image of a row since the cookie instead of the first": (text) =>
    text.replaceAll("earlier._v < first._v", "earlier._v > first._v"),
  "deleted rows forgotten": (text) => text.replaceAll("first._present = 1", "1 = 0"),
  "images of before only": withoutImages("became"),
  "images of after only": withoutImages("was"),
  "no look at other tables": withoutImages("was|became"),
  "the outermost exists only": (text) =>
    text.replace(
      /FROM ("\w+@(?:was|became)") AS "p([1-9])"/g,
      'FROM (SELECT * FROM $1 WHERE 1 = 0) AS "p$2"',
    ),
  "the last exists asked as of the other side": (text) =>
    text.replace(
      /FROM "(\w+)@(was|became)" AS "p/g,
      (_, table: string, side: string) =>
        `FROM "${table}@${side === "was" ? "became" : "was"}" AS "p`,
    ),
  "changed rows up to the pull's version only": (text) =>
    text.replace(
      new RegExp(`WHERE _v > ${SINCE} AND id`, "g"),
      'WHERE _v > (SELECT since FROM "@span") AND _v <= (SELECT until FROM "@span") AND id',
    ),
  "taken away without a look at before": (text) =>
    text.replace(
      /(SELECT candidate\.id AS id\s.*?\sWHERE )(.*)(\sAND NOT EXISTS \(SELECT 1 FROM \S+ AS "row" WHERE "row"\.id = candidate\.id)/s,
      "$1(1 = 1 OR $2)$3",
    ),
};

/** So many are tried. Most mutants fall within ten, the rarest within fifty. */
const HISTORIES = 300;

describe("random histories notice", () => {
  for (const [mutant, rewrite] of Object.entries(MUTANTS)) {
    it(
      mutant,
      async () => {
        const { fresh, rewritten } = rewriting(rewrite);
        const counts = newCounts();
        await expect(
          randomHistories({ fresh, histories: HISTORIES, pullsEach: 50, seed: 1, counts }),
        ).rejects.toThrow(/^The history of seed \d+ failed: (expected|\w\/)/);
        expect(rewritten()).toBeGreaterThan(0);
      },
      300_000,
    );
  }
});

describe("pages while partners go", () => {
  it("notice images left out that are the same on both sides, but have changed since", async () => {
    const equalNow = new RegExp(
      String.raw` AND NOT EXISTS \(SELECT 1 FROM "\w+" AS entry WHERE entry\.id = image\.id AND entry\._v > ${UNTIL}\)`,
      "g",
    );
    const { fresh, rewritten } = rewriting((text) => text.replace(equalNow, ""));
    expect((await partnersBetweenPages(await fresh())).brought).toEqual(["1", "2"]);
    expect(rewritten()).toBeGreaterThan(0);
  });
});

function rewriting(rewrite: Rewrite): {
  readonly fresh: () => Promise<SqlExecutor>;
  readonly rewritten: () => number;
} {
  let rewritten = 0;
  const broken = (text: string) => {
    if (!text.startsWith('WITH "@span"')) return text;
    const other = rewrite(text);
    if (other !== text) rewritten++;
    return other;
  };
  return {
    fresh: async () => {
      const executor = fromBetterSqlite3(new Database(":memory:"));
      return {
        ...executor,
        batch: (statements) =>
          executor.batch(statements.map(({ text, params }) => ({ text: broken(text), params }))),
      };
    },
    rewritten: () => rewritten,
  };
}
