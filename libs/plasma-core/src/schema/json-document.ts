/**
 * JSON documents at the boundary: checked, copied and frozen in one walk.
 *
 * 1. The copy shares nothing with what was given, so that nobody changes a stored row from outside.
 * 2. It is what `JSON.parse(JSON.stringify(document))` would give, or it is refused: nothing is changed silently.
 *    The two exceptions are the ones everybody knows: −0 becomes 0, and a property that is `undefined` is left out.
 * 3. Depth and number of nodes are bounded, so that no document can exhaust the stack or the processor.
 */

import type { Json } from "./column.ts";
import { isLongerThan, textProblem } from "./text-check.ts";

export const MAX_JSON_DEPTH = 64;
export const MAX_JSON_NODES = 100_000;

/** Called with what is wrong, as the end of a sentence, and with the part that is. */
export type RefuseJson = (rule: string, part: unknown) => never;

export function copyJson(document: unknown, maxBytes: number, refuse: RefuseJson): Json {
  let nodes = 0;

  const copy = (value: unknown, depth: number): Json => {
    if (depth > MAX_JSON_DEPTH)
      refuse(`must not be nested more than ${MAX_JSON_DEPTH} deep`, value);
    if (++nodes > MAX_JSON_NODES) refuse(`must not have more than ${MAX_JSON_NODES} parts`, value);
    switch (typeof value) {
      case "boolean":
        return value;
      case "number":
        if (!Number.isFinite(value)) refuse("must hold finite numbers only", value);
        return value + 0;
      case "string":
        return copyText(value);
      case "object":
        if (value === null) return null;
        if (Array.isArray(value)) return copyArray(value, depth);
        if (isPlainObject(value)) return copyObject(value, depth);
    }
    return refuse("must be a JSON document", value);
  };

  const copyText = (text: string): string => {
    const problem = textProblem(text);
    return problem === undefined ? text : refuse(problem, text);
  };

  const copyArray = (items: readonly unknown[], depth: number): Json => {
    if (items.length > MAX_JSON_NODES)
      refuse(`must not have more than ${MAX_JSON_NODES} parts`, items);
    // Not `map`, which would step over holes.
    return Object.freeze(Array.from(items, (item) => copy(item, depth + 1)));
  };

  const copyObject = (object: object, depth: number): Json => {
    if (Object.getOwnPropertySymbols(object).length > 0)
      refuse("must not have symbols as keys", object);
    const copied: Record<string, Json> = {};
    for (const [key, value] of Object.entries(object)) {
      if (key === "__proto__") refuse('must not have a key "__proto__"', object);
      if (value !== undefined) copied[copyText(key)] = copy(value, depth + 1);
    }
    return Object.freeze(copied);
  };

  const copied = copy(document, 0);
  if (isLongerThan(JSON.stringify(copied), maxBytes)) {
    refuse(`must be at most ${maxBytes} bytes`, document);
  }
  return copied;
}

export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
