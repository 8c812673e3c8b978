/**
 * The tagged codec: any storable value as plain JSON, for mutation args in the outbox and on the wire.
 *
 * bigint, Date, bytes and undefined become `{ "$type": …, "value": … }`; an object that has a key `$type` itself
 * is tagged as well, so that decoding is unambiguous.
 *
 * 1. `decodeTagged(encodeTagged(x))` equals x (−0 becomes 0), or encoding refuses x: the mutator must see the same
 *    args on both sides. So nothing is dropped silently: no symbols, holes, functions or objects of a class.
 * 2. Decoding takes exactly what encoding writes, and answers anything else with a `PlasmaValidationError`.
 */

import { PlasmaValidationError } from "../errors.ts";
import type { Json } from "../schema/column.ts";
import { isPlainObject } from "../schema/json-document.ts";
import { DECIMAL, fromBase64, toBase64 } from "../schema/row-codec.ts";
import { textProblem } from "../schema/text-check.ts";
import { describeValue, INT64_MAX, INT64_MIN } from "../schema/value.ts";

/** How deep args may be nested. JSON that is deeper overflows the stack of common tools. */
export const MAX_DEPTH = 64;

/** How many values args may have in all. Bounds what a small object that holds another many times over can cost. */
export const MAX_NODES = 100_000;

const TAG = "$type";

/** @throws PlasmaValidationError for anything that is not plain data. */
export function encodeTagged(value: unknown): Json {
  return encode(value, { depth: 0, budget: { nodes: 0 } });
}

/** @throws PlasmaValidationError for anything that `encodeTagged` would not have written. */
export function decodeTagged(encoded: unknown): unknown {
  return decode(encoded, { depth: 0, budget: { nodes: 0 } });
}

interface Place {
  readonly depth: number;
  readonly budget: { nodes: number };
}

function inside({ depth, budget }: Place): Place {
  return { depth: depth + 1, budget };
}

function requireBounds({ depth, budget }: Place): void {
  if (depth > MAX_DEPTH) throw invalid(`A value must not be nested more than ${MAX_DEPTH} deep.`);
  if (++budget.nodes > MAX_NODES)
    throw invalid(`A value must not have more than ${MAX_NODES} parts.`);
}

function encode(value: unknown, place: Place): Json {
  requireBounds(place);
  switch (typeof value) {
    case "string":
      return checkedText(value);
    case "boolean":
      return value;
    case "number":
      if (!Number.isFinite(value)) {
        throw invalid(`${value} cannot be stored: numbers must be finite.`);
      }
      return value + 0; // JSON does not keep the sign of −0
    case "bigint":
      if (value < INT64_MIN || value > INT64_MAX) {
        throw invalid("A bigint of more than 64 bits cannot be stored. Give it as text.");
      }
      return { [TAG]: "bigint", value: value.toString() };
    case "undefined":
      return { [TAG]: "undefined" };
    case "object":
      return value === null ? null : encodeObject(value, place);
    case "symbol":
    case "function":
      throw invalid(`A ${typeof value} cannot be stored. Use plain data.`);
  }
}

function encodeObject(value: object, place: Place): Json {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw invalid("An invalid Date cannot be stored.");
    return { [TAG]: "date", value: value.getTime() };
  }
  if (value instanceof Uint8Array) return { [TAG]: "bytes", value: toBase64(value) };
  if (Array.isArray(value)) {
    if (value.length > MAX_NODES || Object.keys(value).length !== value.length) {
      throw invalid(
        `An array with holes, with properties of its own or with more than ${MAX_NODES} items cannot be stored. Use plain data.`,
      );
    }
    return value.map((item) => encode(item, inside(place)));
  }
  if (!isPlainObject(value)) {
    throw invalid(`${describeValue(value)} cannot be stored. Use plain data.`);
  }
  if (Object.getOwnPropertySymbols(value).length > 0) {
    throw invalid("An object with symbols as keys cannot be stored. Use plain data.");
  }
  const encoded: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) {
    encoded[checkedKey(key)] = encode(item, inside(place));
  }
  return Object.hasOwn(encoded, TAG) ? { [TAG]: "object", value: encoded } : encoded;
}

function decode(encoded: unknown, place: Place): unknown {
  requireBounds(place);
  if (typeof encoded === "string") return checkedText(encoded);
  if (encoded === null || typeof encoded === "boolean") return encoded;
  if (typeof encoded === "number" && Number.isFinite(encoded)) return encoded;
  if (Array.isArray(encoded)) return encoded.map((item) => decode(item, inside(place)));
  if (isRecord(encoded)) {
    return Object.hasOwn(encoded, TAG) ? decodeTag(encoded, place) : decodeRecord(encoded, place);
  }
  throw invalid("A value is not valid JSON.");
}

function decodeTag(tagged: Record<string, unknown>, place: Place): unknown {
  const { [TAG]: tag, value, ...others } = tagged;
  const isExact =
    Object.keys(others).length === 0 && Object.hasOwn(tagged, "value") !== (tag === "undefined");
  if (isExact) {
    switch (tag) {
      case "undefined":
        return undefined;
      case "bigint":
        if (typeof value === "string" && DECIMAL.test(value)) {
          const number = BigInt(value);
          if (number >= INT64_MIN && number <= INT64_MAX) return number;
        }
        break;
      case "date":
        if (Number.isSafeInteger(value)) {
          const date = new Date(value as number);
          if (!Number.isNaN(date.getTime())) return date;
        }
        break;
      case "bytes":
        if (typeof value === "string") return fromBase64(value);
        break;
      case "object":
        if (isRecord(value) && Object.hasOwn(value, TAG)) return decodeRecord(value, place);
        break;
    }
  }
  throw invalid("A tagged value is malformed.");
}

function decodeRecord(record: Record<string, unknown>, place: Place): Record<string, unknown> {
  const decoded: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(record)) {
    decoded[checkedKey(key)] = decode(item, inside(place));
  }
  return decoded;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkedKey(key: string): string {
  if (key === "__proto__") throw invalid('An object must not have a key "__proto__".');
  return checkedText(key);
}

function checkedText(text: string): string {
  const problem = textProblem(text);
  if (problem !== undefined) throw invalid(`Text ${problem}.`);
  return text;
}

function invalid(message: string): PlasmaValidationError {
  return new PlasmaValidationError(message.charAt(0).toUpperCase() + message.slice(1));
}
