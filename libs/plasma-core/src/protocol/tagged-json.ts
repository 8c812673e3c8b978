/**
 * The tagged codec: any storable value as plain JSON, for mutation args in the outbox and on the wire.
 *
 * bigint, Date, bytes and undefined become `{ "$type": …, "value": … }`; an object that has a key `$type` itself
 * is tagged as well, so that decoding is unambiguous.
 */

import { PlasmaValidationError } from "../errors.ts";
import type { Json } from "../schema/column.ts";
import { fromBase64, toBase64 } from "../schema/row-codec.ts";

/** How deep args may be nested. JSON that is deeper overflows the stack of common tools. */
export const MAX_DEPTH = 64;

const TAG = "$type";

export function encodeTagged(value: unknown, depth = 0): Json {
  if (depth > MAX_DEPTH)
    throw new PlasmaValidationError(`A value must not be nested more than ${MAX_DEPTH} deep.`);
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed() || value.includes("\0")) {
        throw new PlasmaValidationError("Text must not contain NUL or half of a surrogate pair.");
      }
      return value;
    case "boolean":
      return value;
    case "number":
      if (!Number.isFinite(value))
        throw new PlasmaValidationError(`${value} cannot be stored: numbers must be finite.`);
      return value;
    case "bigint":
      return { [TAG]: "bigint", value: value.toString() };
    case "undefined":
      return { [TAG]: "undefined" };
    case "object":
      return value === null ? null : encodeObject(value, depth);
    default:
      throw new PlasmaValidationError(`A ${typeof value} cannot be stored. Use plain data.`);
  }
}

function encodeObject(value: object, depth: number): Json {
  if (value instanceof Date) {
    if (!Number.isSafeInteger(value.getTime()))
      throw new PlasmaValidationError("An invalid Date cannot be stored.");
    return { [TAG]: "date", value: value.getTime() };
  }
  if (value instanceof Uint8Array) return { [TAG]: "bytes", value: toBase64(value) };
  if (Array.isArray(value)) return value.map((item) => encodeTagged(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new PlasmaValidationError(
      `A ${value.constructor.name} cannot be stored. Use plain data.`,
    );
  }
  const encoded: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) {
    if (key === "__proto__")
      throw new PlasmaValidationError('An object must not have a key "__proto__".');
    encoded[key] = encodeTagged(item, depth + 1);
  }
  return Object.hasOwn(encoded, TAG) ? { [TAG]: "object", value: encoded } : encoded;
}

/** @throws PlasmaValidationError for anything that `encodeTagged` would not have written. */
export function decodeTagged(encoded: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH)
    throw new PlasmaValidationError(`A value must not be nested more than ${MAX_DEPTH} deep.`);
  if (typeof encoded === "string") {
    if (encoded.isWellFormed() && !encoded.includes("\0")) return encoded;
    throw new PlasmaValidationError("Text must not contain NUL or half of a surrogate pair.");
  }
  if (encoded === null || typeof encoded === "boolean") return encoded;
  if (typeof encoded === "number" && Number.isFinite(encoded)) return encoded;
  if (Array.isArray(encoded)) return encoded.map((item) => decodeTagged(item, depth + 1));
  if (typeof encoded === "object") {
    const record = encoded as Record<string, unknown>;
    return Object.hasOwn(record, TAG) ? decodeTag(record, depth) : decodeRecord(record, depth);
  }
  throw new PlasmaValidationError("A value is not valid JSON.");
}

function decodeTag(tagged: Record<string, unknown>, depth: number): unknown {
  const { value } = tagged;
  switch (tagged[TAG]) {
    case "undefined":
      return undefined;
    case "bigint":
      if (typeof value === "string" && /^-?\d{1,40}$/.test(value)) return BigInt(value);
      break;
    case "date":
      if (typeof value === "number" && Number.isSafeInteger(value)) return new Date(value);
      break;
    case "bytes":
      if (typeof value === "string") return fromBase64(value);
      break;
    case "object":
      if (typeof value === "object" && value !== null)
        return decodeRecord(value as Record<string, unknown>, depth);
      break;
  }
  throw new PlasmaValidationError("A tagged value is malformed.");
}

function decodeRecord(record: Record<string, unknown>, depth: number): Record<string, unknown> {
  const decoded: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(record)) {
    if (key === "__proto__")
      throw new PlasmaValidationError('An object must not have a key "__proto__".');
    decoded[key] = decodeTagged(item, depth + 1);
  }
  return decoded;
}
