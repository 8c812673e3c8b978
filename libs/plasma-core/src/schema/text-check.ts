/** Text that every engine keeps as it is: no NUL, no half of a surrogate pair; and how large it is once stored. */

/** What is wrong with a text, as the end of a sentence; undefined when nothing is. */
export function textProblem(text: string): string | undefined {
  // Postgres refuses NUL, and SQLite's functions stop at it.
  if (text.includes("\0")) return "must not contain the NUL character";
  // UTF-8 cannot write a lone surrogate: it would come back as U+FFFD.
  if (!text.isWellFormed()) return "must not contain half of a surrogate pair";
  return undefined;
}

/** Bytes of a well-formed text in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    // A surrogate pair takes four bytes: two for each of its units.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

/** Whether a text takes more than so many bytes. Most texts are far shorter, and are then not looked at. */
export function isLongerThan(text: string, bytes: number): boolean {
  if (text.length > bytes) return true;
  return text.length * 3 > bytes && utf8Length(text) > bytes;
}
