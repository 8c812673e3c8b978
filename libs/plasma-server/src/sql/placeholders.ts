/** Finding the placeholders of a statement: a `?` in a string, a name or a comment is none. */

/** What may contain anything: strings, names, bodies of functions, comments. */
export const OPAQUE =
  /[eE]'(?:[^'\\]|''|\\[^])*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_]*)\$[^]*?\$\1\$|--[^\n]*|\/\*[^]*?\*\//
    .source;
const PLACEHOLDERS = new RegExp(`${OPAQUE}|\\?`, "g");

/** The text with something else for each `?`, which are counted from 0; and how many there were. */
export function replacePlaceholders(
  text: string,
  replace: (at: number) => string,
): { readonly text: string; readonly count: number } {
  let count = 0;
  const replaced = text.replace(PLACEHOLDERS, (part) => (part === "?" ? replace(count++) : part));
  return { text: replaced, count };
}
