/**
 * plasma's `like` in SQLite: case-sensitive, `%` any run, `_` one code point, `\` takes the next character literally.
 *
 * SQLite's own LIKE ignores the case of ASCII letters, and D1 cannot change that. GLOB means the same as our `like`
 * once its wildcards are translated, but D1 refuses GLOB patterns of more than 50 bytes. Longer ones are matched by
 * a recursive query that looks for the parts of the pattern one after the other.
 * The text comes to it from a query of its own, because it may be an aggregate of the query around.
 */

import { bind, integer, sql } from "./fragment.ts";
import type { SqlFragment } from "./fragment.ts";

/** D1's limit, in bytes. */
const MAX_GLOB = 50;
/** GLOB takes U+FFFE and U+FFFF for U+FFFD. */
const LOOKALIKES = /[\ufffd-\uffff]/;

type Token = { readonly kind: "run" | "one" } | { readonly kind: "literal"; readonly text: string };

export function sqliteLike(
  column: SqlFragment,
  { pattern: given, foldCase }: { readonly pattern: string; readonly foldCase: boolean },
): SqlFragment {
  // SQLite's lower() knows the letters A to Z only, which is what `ilike` folds.
  const operand = foldCase ? sql`lower(${column})` : column;
  const pattern = foldCase ? given.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : given;
  const tokens = tokensOf(pattern);
  const glob = tokens.map(globOf).join("");
  if (!LOOKALIKES.test(glob) && new TextEncoder().encode(glob).length <= MAX_GLOB)
    return sql`(${operand} GLOB ${bind(glob)})`;
  return walk(operand, tokens);
}

function tokensOf(pattern: string): Token[] {
  const tokens: Token[] = [];
  let literal = "";
  const flush = () => {
    if (literal) tokens.push({ kind: "literal", text: literal });
    literal = "";
  };
  const characters = [...pattern];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string;
    if (character === "%" || character === "_") {
      flush();
      tokens.push({ kind: character === "%" ? "run" : "one" });
    } else if (character === "\\" && at + 1 < characters.length) {
      literal += characters[++at] as string;
    } else {
      literal += character;
    }
  }
  flush();
  return tokens;
}

function globOf(token: Token): string {
  switch (token.kind) {
    case "run":
      return "*";
    case "one":
      return "?";
    case "literal":
      return token.text.replace(/[*?[]/g, "[$&]");
  }
}

/**
 * A pattern is segments between its runs. The first must stand at the start, the last at the end, and each of the
 * others wherever it comes first behind the one before: an earlier place leaves more room for the rest, so nothing has
 * to be tried again, and the cost is at most text × pattern. The places are found by `instr`, one row a segment,
 * except that a segment with `_` in it may need one for each place where only its first literal fits.
 */
function walk(operand: SqlFragment, tokens: readonly Token[]): SqlFragment {
  const segments = segmentsOf(tokens);
  const json = bind(JSON.stringify(segments));
  const last = segments.length - 1;
  const isWhole = last === 0;
  return sql`(SELECT CASE WHEN subject.text IS NULL THEN NULL ELSE EXISTS (
    WITH RECURSIVE segment(number, size, start, literal, others) AS MATERIALIZED (
      SELECT key, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(${json})
    ), walk(number, place, is_found) AS (
      SELECT 1, 1 + segment.size, 0 FROM segment WHERE segment.number = 0 AND ${fits(sql`1`)}
      UNION ALL
      SELECT
        walk.number + (walk.is_found AND ${fits(sql`walk.place`)}),
        CASE
          WHEN NOT walk.is_found AND segment.literal IS NULL THEN walk.place
          WHEN NOT walk.is_found THEN
            walk.place - 1 + nullif(instr(substr(subject.text, walk.place + segment.start), segment.literal), 0)
          WHEN ${fits(sql`walk.place`)} THEN walk.place + segment.size
          ELSE walk.place + 1
        END,
        NOT walk.is_found
      FROM walk JOIN segment ON segment.number = walk.number
      WHERE walk.number < ${integer(last)} AND walk.place + segment.size <= length(subject.text) + 1
    )
    SELECT 1 FROM walk JOIN segment ON segment.number = ${integer(last)}
    WHERE ${
      isWhole
        ? sql`walk.place = length(subject.text) + 1`
        : sql`walk.number = ${integer(last)} AND walk.place + segment.size <= length(subject.text) + 1
          AND ${fits(sql`(length(subject.text) + 1 - segment.size)`)}`
    }
  ) END FROM (SELECT ${operand} AS text) AS subject)`;
}

/** Whether all literals of a segment stand where they must when it begins at this place. */
function fits(place: SqlFragment): SqlFragment {
  return sql`NOT EXISTS (
    SELECT 1 FROM json_each(segment.others) AS other
    WHERE substr(subject.text, ${place} + (other.value ->> 0), other.value ->> 1) IS NOT (other.value ->> 2)
  )`;
}

type Literal = readonly [start: number, size: number, text: string];

/** Its size in characters; its first literal and where that begins; and all of its literals. */
type Segment = readonly [
  size: number,
  start: number,
  literal: string | null,
  literals: readonly Literal[],
];

function segmentsOf(tokens: readonly Token[]): readonly Segment[] {
  const segments: Segment[] = [];
  let literals: Literal[] = [];
  let size = 0;
  const flush = () => {
    const [first] = literals;
    segments.push([size, first?.[0] ?? 0, first?.[2] ?? null, literals]);
    literals = [];
    size = 0;
  };
  for (const token of tokens) {
    switch (token.kind) {
      case "run":
        flush();
        break;
      case "one":
        size += 1;
        break;
      case "literal": {
        const length = [...token.text].length;
        literals.push([size, length, token.text]);
        size += length;
      }
    }
  }
  flush();
  return segments;
}
