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

/** Bytes, as any view of them, a list of numbers (D1), or `\x…` (Postgres, inside of JSON). */
export function bytesFromDriver(value: unknown): Uint8Array {
  if (typeof value === "string") {
    const digits = value.slice(2).match(/../g) ?? [];
    return Uint8Array.from(digits, (pair) => Number.parseInt(pair, 16));
  }
  return value instanceof ArrayBuffer
    ? new Uint8Array(value.slice(0))
    : Uint8Array.from(value as ArrayLike<number>);
}
