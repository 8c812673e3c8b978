/** `like` as this engine defines it: case-sensitive, `%` any run, `_` one code point, `\` escapes. */

export type LikeMatcher = (text: string) => boolean;

export function likeMatcher(pattern: string): LikeMatcher {
  let source = "";
  const characters = [...pattern];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string;
    if (character === "%") source += ".*";
    else if (character === "_") source += ".";
    else if (character === "\\" && at + 1 < characters.length)
      source += literal(characters[++at] as string);
    else source += literal(character);
  }
  const expression = new RegExp(`^${source}$`, "su");
  return (text) => expression.test(text);
}

function literal(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/u, "\\$&");
}
