/**
 * `like` as this engine defines it: case-sensitive, `%` any run, `_` one code point, `\` escapes.
 * `ilike` is the same on texts in which A to Z are folded.
 *
 * No regular expression: with several `%` its backtracking grows with the power of their number. Here a mismatch goes
 * back to the last `%` only, which is enough, so the cost is at most text × pattern.
 */

export type LikeMatcher = (text: string) => boolean;

const ANY_RUN = -1;
const ANY_ONE = -2;

export function likeMatcher(pattern: string, foldCase = false): LikeMatcher {
  if (foldCase) {
    const tokens = tokenize(foldAscii(pattern));
    return (text) => matches(tokens, foldAscii(text));
  }
  const tokens = tokenize(pattern);
  return (text) => matches(tokens, text);
}

/** A to Z as a to z, and nothing else: the one folding that every engine knows. */
function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/**
 * Text for a pattern in which every character stands for itself: `like(todos.title, "%" + escapeLike(typed) + "%")`.
 */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, "\\$&");
}

/**
 * The pattern with a backslash at its end doubled. It has nothing to escape there, and SQLite (never matches) and
 * Postgres (an error) make different things of it; here it stands for itself.
 */
export function normalizePattern(pattern: string): string {
  const backslashes = /\\*$/.exec(pattern)?.[0].length ?? 0;
  return backslashes % 2 === 1 ? `${pattern}\\` : pattern;
}

/** Code points, `ANY_ONE`, and `ANY_RUN` (several `%` in a row are one). */
function tokenize(pattern: string): readonly number[] {
  const tokens: number[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at];
    if (character === "%") {
      if (tokens.at(-1) !== ANY_RUN) tokens.push(ANY_RUN);
    } else if (character === "_") {
      tokens.push(ANY_ONE);
    } else {
      if (character === "\\" && at + 1 < pattern.length) at++;
      const point = pattern.codePointAt(at) as number;
      if (point > 0xffff) at++;
      tokens.push(point);
    }
  }
  return tokens;
}

function matches(tokens: readonly number[], text: string): boolean {
  let token = 0;
  let at = 0;
  /** Where to go on after a mismatch: behind the last `%`, which then takes one character more. */
  let retryToken = -1;
  let retryAt = 0;
  while (at < text.length) {
    const point = text.codePointAt(at) as number;
    const wanted = tokens[token];
    if (wanted === ANY_RUN) {
      retryToken = ++token;
      retryAt = at;
    } else if (wanted === point || wanted === ANY_ONE) {
      token++;
      at += widthOf(point);
    } else if (retryToken === -1) {
      return false;
    } else {
      token = retryToken;
      retryAt += widthOf(text.codePointAt(retryAt) as number);
      at = retryAt;
    }
  }
  while (tokens[token] === ANY_RUN) token++;
  return token === tokens.length;
}

function widthOf(point: number): number {
  return point > 0xffff ? 2 : 1;
}
