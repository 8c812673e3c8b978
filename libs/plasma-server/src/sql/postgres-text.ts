/** What has to be known about the text of a statement before Postgres reads it. */

import type { Statement } from "./executor.ts";

/** What may contain anything: strings, names, bodies of functions, comments. */
const OPAQUE =
  /[eE]'(?:[^'\\]|''|\\[^])*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_]*)\$[^]*?\$\1\$|--[^\n]*|\/\*[^]*?\*\//
    .source;
const PLACEHOLDERS = new RegExp(`${OPAQUE}|\\?`, "g");
const OPAQUE_PARTS = new RegExp(OPAQUE, "g");

/** With `$1`, `$2`, … for each `?`. */
export function withNumberedParameters({ text, params }: Statement): string {
  // Without parameters a `?` is an operator of Postgres.
  if (params.length === 0) return text;
  let count = 0;
  const numbered = text.replace(PLACEHOLDERS, (part) => (part === "?" ? `$${++count}` : part));
  if (count === params.length) return numbered;
  throw new RangeError(
    `A statement has ${count} placeholders and ${params.length} parameters. Give one parameter for each "?".`,
  );
}

/** Whether a statement certainly writes nothing and locks nothing. */
export function isRead({ text }: Statement): boolean {
  const words = text.replace(OPAQUE_PARTS, " ");
  if (!/^[\s(]*(SELECT|WITH|VALUES|TABLE)\b/i.test(words)) return false;
  return !/\b(INSERT|UPDATE|DELETE|MERGE|INTO|SHARE)\b/i.test(words);
}
