/** Edits of JSON that may have comments: only what is added changes, so comments and layout stay. */

import ts from "typescript";
import { replaced } from "../edit.mjs";

/** Sets what stands at a path of keys, unless it is there already. */
export function withJsonValue(text, path, value) {
  const source = ts.createSourceFile(
    "file.json",
    text,
    ts.ScriptTarget.Latest,
    true,
    ts.ScriptKind.JSON,
  );
  let object = source.statements[0]?.expression;
  for (const [depth, key] of path.entries()) {
    if (!object || !ts.isObjectLiteralExpression(object)) {
      throw new Error(
        `There is no object at "${path.slice(0, depth).join(".")}" to add "${key}" to.`,
      );
    }
    const found = object.properties.find(({ name }) => name?.text === key);
    if (found) {
      object = found.initializer;
      continue;
    }
    const rest = path.slice(depth + 1).reduceRight((inner, outer) => ({ [outer]: inner }), value);
    const property = `\n${"  ".repeat(depth + 1)}${JSON.stringify(key)}: ${indented(rest, depth + 1)}`;
    const last = object.properties.at(-1);
    return last
      ? replaced(text, last.end, last.end, `,${property}`)
      : replaced(
          text,
          object.getStart(source) + 1,
          object.getStart(source) + 1,
          `${property}\n${"  ".repeat(depth)}`,
        );
  }
  return text;
}

/** What a JSON file with comments says. */
export function readJsonText(text) {
  return ts.parseConfigFileTextToJson("file.json", text).config ?? {};
}

function indented(value, depth) {
  return JSON.stringify(value, null, 2).replaceAll("\n", `\n${"  ".repeat(depth)}`);
}
