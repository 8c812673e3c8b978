/**
 * plasma's `like` in SQLite: case-sensitive, `%` any run, `_` one code point, `\` takes the next character literally.
 *
 * SQLite's own LIKE ignores the case of ASCII letters, and D1 cannot change that. GLOB means the same as our `like`
 * once its wildcards are translated, but D1 refuses GLOB patterns of more than 50 bytes. Longer ones are matched by
 * a recursive query that walks pattern and text in step: exact, and slow only where it is needed.
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

/** Steps from (token, place in the text) to the next; the text matches if its end is reached with the last token. */
function walk(operand: SqlFragment, tokens: readonly Token[]): SqlFragment {
  const steps = JSON.stringify(tokens.map(stepsOver));
  return sql`(SELECT CASE WHEN subject.text IS NULL THEN NULL ELSE EXISTS (
    WITH RECURSIVE walk(token, place) AS (
      SELECT 0, 1
      UNION
      SELECT walk.token + (step.value ->> 0), walk.place + (step.value ->> 1)
      FROM walk JOIN json_each(${bind(steps)}, '$[' || walk.token || ']') AS step
      WHERE walk.place + (step.value ->> 1) <= length(subject.text) + 1
        AND ((step.value ->> 2) IS NULL OR substr(subject.text, walk.place, step.value ->> 1) = (step.value ->> 2))
    )
    SELECT 1 FROM walk WHERE walk.token = ${integer(tokens.length)} AND walk.place = length(subject.text) + 1
  ) END FROM (SELECT ${operand} AS text) AS subject)`;
}

type Step = readonly [tokens: number, characters: number, text: string | null];

function stepsOver(token: Token): readonly Step[] {
  switch (token.kind) {
    case "run":
      return [
        [1, 0, null],
        [0, 1, null],
      ];
    case "one":
      return [[1, 1, null]];
    case "literal":
      return [[1, [...token.text].length, token.text]];
  }
}
