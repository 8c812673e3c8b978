/** Values as drivers hand them over, for the columns where drivers differ. */

/** A 64-bit integer, as text, bigint, or a number that is still exact. */
export function bigintFromDriver(value: unknown, column: string): bigint {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new RangeError(
      `"${column}" arrived as the number ${value}, whose last digits are lost. Select the column itself, or cast it to text: sql<string>\`cast(\${column} as text)\`.`,
    );
  }
  return BigInt(value as string | number | bigint);
}

/**
 * Bytes, as any view of them, a list of numbers (D1), or `\x…` (Postgres, inside of JSON). SQLite takes bytes inside
 * of JSON for JSON of its own binary kind, and what comes of that is an error where it can be told.
 */
export function bytesFromDriver(value: unknown): Uint8Array {
  if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0));
  if (value instanceof Uint8Array || Array.isArray(value)) {
    return Uint8Array.from(value as ArrayLike<number>);
  }
  if (typeof value === "string" && value.startsWith("\\x")) {
    const digits = value.slice(2).match(/../g) ?? [];
    return Uint8Array.from(digits, (pair) => Number.parseInt(pair, 16));
  }
  throw new TypeError(
    "A blob did not arrive as bytes. Leave blobs of nested rows out: columns: { bytes: false }.",
  );
}
