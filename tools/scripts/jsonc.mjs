/** Reads JSON with comments and trailing commas, as in `wrangler.jsonc`. */
import { readFileSync } from "node:fs";

export function readJsonc(path) {
  const stringOrComment = /("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  const stringOrTrailingComma = /("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g;
  const keepString = (_match, string) => string ?? "";
  return JSON.parse(
    readFileSync(path, "utf8")
      .replace(stringOrComment, keepString)
      .replace(stringOrTrailingComma, keepString),
  );
}
