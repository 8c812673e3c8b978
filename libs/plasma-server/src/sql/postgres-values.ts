/** Values as Postgres writes them, as the values of a row: the same for every driver. */

/** The types by the numbers that Postgres has for them (`pg_type.oid`). */
const BOOL = 16;
const BYTEA = 17;
const INT8 = 20;
const INT2 = 21;
const INT4 = 23;
const FLOAT4 = 700;
const FLOAT8 = 701;

/** Everything else stays text, as do integers that a double does not hold. */
export function postgresValue(type: number, text: string): string | number | boolean | Uint8Array {
  switch (type) {
    case BOOL:
      return text === "t";
    case BYTEA:
      return bytes(text);
    case INT2:
    case INT4:
    case FLOAT4:
    case FLOAT8:
      return Number(text);
    case INT8: {
      const value = Number(text);
      return Number.isSafeInteger(value) ? value : text;
    }
    default:
      return text;
  }
}

/** `\x…`, or the older form with octal escapes, if the database is set to it (`bytea_output`). */
function bytes(text: string): Uint8Array {
  if (text.startsWith("\\x")) {
    const result = new Uint8Array((text.length - 2) >> 1);
    for (let at = 0; at < result.length; at++) {
      result[at] = Number.parseInt(text.slice(2 * at + 2, 2 * at + 4), 16);
    }
    return result;
  }
  const parts = text.match(/\\\\|\\[0-7]{3}|[^]/g) ?? [];
  return Uint8Array.from(parts, (part) => {
    if (part.length === 4) return Number.parseInt(part.slice(1), 8);
    return part.charCodeAt(0);
  });
}
