/** What has to be known about the text of a statement before Postgres reads it. */

import type { Statement } from "./executor.ts";
import { OPAQUE, replacePlaceholders } from "./placeholders.ts";

const OPAQUE_PARTS = new RegExp(OPAQUE, "g");

/** With `$1`, `$2`, … for each `?`. */
export function withNumberedParameters({ text, params }: Statement): string {
  // Without parameters a `?` is an operator of Postgres.
  if (params.length === 0) return text;
  const { text: numbered, count } = replacePlaceholders(text, (at) => `$${at + 1}`);
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
