/**
 * SQLite, as better-sqlite3 and D1 have it.
 *
 * - D1 binds every number as a double and takes neither booleans, bigints nor bytes: bigints travel as decimal text
 *   and a CAST, bytes as hex and `unhex`, booleans as 0 and 1.
 * - D1 allows 100 parameters a statement: lists of rows and values travel as one JSON parameter.
 * - D1's SQLite does not parse every decimal number to the nearest double. In JSON a real is therefore two integers,
 *   mantissa and exponent, whose product is exact.
 */

import { INT64_MAX, INT64_MIN } from "@sh1n4ps/plasma-core";
import type { Value, ValueType } from "@sh1n4ps/plasma-core";
import type { SqlDialect } from "./dialect.ts";
import { toHex } from "../bytes.ts";
import { bind, integer, join, name, sql } from "./fragment.ts";
import type { SqlFragment } from "./fragment.ts";
import { realTotal } from "./real-total.ts";
import type { RealArithmetic } from "./real-total.ts";
import { sqliteLike } from "./sqlite-like.ts";
import { mantissaAndExponent } from "./sqlite-real.ts";

export const sqliteDialect: SqlDialect = {
  name: "sqlite",

  columnType: (kind) => {
    switch (kind) {
      case "id":
      case "ref":
      case "text":
      case "json":
        return "TEXT";
      case "int":
      case "bigint":
      case "boolean":
      case "timestamp":
        return "INTEGER";
      case "real":
        return "REAL";
      case "blob":
        return "BLOB";
    }
  },

  value: (value) => {
    switch (typeof value) {
      case "string":
      case "number":
        return bind(value);
      case "boolean":
        return value ? sql`1` : sql`0`;
      case "bigint":
        // Out of range it can equal no column; as a double it still compares with them the right way round.
        if (value < INT64_MIN || value > INT64_MAX) return bind(Number(value));
        return sql`CAST(${bind(value.toString())} AS INTEGER)`;
      case "object":
        return value instanceof Date ? bind(value.getTime()) : sql`unhex(${bind(toHex(value))})`;
    }
  },

  values: (values) => {
    const sample = values.find((value) => value !== null);
    const rows = values.map((value) => (value === null ? [null] : slotsOf(value)));
    const source = sql`json_each(${bind(JSON.stringify(rows))}) AS "@item"`;
    if (sample instanceof Uint8Array) return sql`SELECT unhex("@item".value ->> 0) FROM ${source}`;
    if (typeof sample !== "number" && typeof sample !== "bigint") {
      return sql`SELECT "@item".value ->> 0 FROM ${source}`;
    }
    return sql`SELECT CASE WHEN "@item".value ->> 1 IS NULL THEN CAST("@item".value ->> 0 AS INTEGER) ELSE ${real(0)} END FROM ${source}`;
  },

  read: (column, kind) => (kind === "bigint" ? sql`CAST(${column} AS TEXT)` : column),

  readSum: (value, type) => {
    // D1 would give null for an infinite number.
    return sql`(CASE WHEN ${value} IN (${INFINITY}, -${INFINITY}) THEN 'infinite' ELSE ${sqliteDialect.read(value, type)} END)`;
  },

  truth: (value) => (value === null ? sql`NULL` : value ? sql`1` : sql`0`),

  like: sqliteLike,

  aggregate: (fn, operand, { type, overflows }) => {
    switch (fn) {
      case "min":
        return sql`min(${operand})`;
      case "max":
        return sql`max(${operand})`;
      case "avg":
        if (type === "real") return sql`(${realTotal(REALS, operand)} / count(${operand}))`;
        return infiniteIf(overflows, operand, wholeAverage(operand));
      case "sum":
        if (type === "real") return realTotal(REALS, operand);
        return infiniteIf(overflows, operand, wholeSum(operand, type));
    }
  },

  // Sums of more than 8 million reals, or 2 billion integers, leave the 64 bits of a sum's parts.
  isOverflow: (error) => error instanceof Error && /integer overflow/.test(error.message),

  refusalOf: (error) => {
    const message = error instanceof Error ? error.message : String(error);
    // D1 says so when its database was reset, be it for this batch or for somebody else's.
    if (/was reset|connection lost/i.test(message)) return null;
    if (/UNIQUE constraint failed/.test(message)) return "unique";
    if (/FOREIGN KEY constraint failed/.test(message)) return "reference";
    if (/constraint failed|cannot store/.test(message)) return "constraint";
    if (/SQLITE_TOOBIG|string or blob too big/i.test(message)) return "too-large";
    return null;
  },

  joinInOrder: sql`CROSS JOIN`,

  byIndex: (table, index) => sql`${table} INDEXED BY ${name(index)}`,

  orderTerm: (operand, direction) => (direction === "asc" ? operand : sql`${operand} DESC`),

  // SQLite 3.53 takes the groups of a subquery that is sorted descending for sorted ascending.
  resorted: (operand) => sql`+${operand}`,

  window: ({ limit, offset }) =>
    limit === null && offset === 0
      ? sql``
      : sql` LIMIT ${integer(limit ?? -1)} OFFSET ${integer(offset)}`,

  // Of D1; the rest of its 2 MB is for what else belongs to a value.
  parameterLimit: {
    bytes: 1_900_000,
    largeCell: (value, kind) => {
      if (value instanceof Uint8Array) return bytesInPieces(value);
      return bind(kind === "json" ? JSON.stringify(value) : (value as string));
    },
  },

  jsonRows: (json) => sql`json_each(${bind(json)}) AS "@item"`,

  cellWidth: (kind) => (kind === "real" ? 2 : 1),

  cell: (slot, kind) => {
    const at = sql`"@item".value ->> ${integer(slot)}`;
    switch (kind) {
      case "bigint":
        return sql`CAST(${at} AS INTEGER)`;
      case "blob":
        return sql`unhex(${at})`;
      case "real":
        return real(slot);
      default:
        return at;
    }
  },

  encodeCell: (value, kind) => {
    if (value === null || value === undefined) return kind === "real" ? [null, null] : [null];
    if (kind === "json") return [JSON.stringify(value)];
    if (kind === "real") return mantissaAndExponent(value as number);
    return slotsOf(value as NonNullable<Value>);
  },
};

/**
 * The exact sum of integers: their upper and lower halves are added apart, so that no intermediate sum overflows
 * (SQLite's own sum() would fail there).
 */
function halves(operand: SqlFragment): { readonly high: SqlFragment; readonly low: SqlFragment } {
  const low = sql`sum(${operand} & 4294967295)`;
  return {
    high: sql`(sum(${operand} >> 32) + (${low} >> 32))`,
    low: sql`(${low} & 4294967295)`,
  };
}

function wholeSum(operand: SqlFragment, type: ValueType): SqlFragment {
  const { high, low } = halves(operand);
  // What does not fit into 64 bits becomes a double, which is too coarse to be a sum but not to have its sign.
  const total = sql`(${high} * 4294967296 + ${low})`;
  const fits =
    type === "int"
      ? sql`abs(CAST(${total} AS REAL)) <= 9007199254740991`
      : sql`typeof(${total}) <> 'real'`;
  return sql`(CASE WHEN ${total} IS NULL OR ${fits} THEN ${total} WHEN ${total} > 0 THEN ${INFINITY} ELSE -${INFINITY} END)`;
}

/** The upper half times 2^32 is a double without rounding, so the total is rounded once, as it should be. */
function wholeAverage(operand: SqlFragment): SqlFragment {
  const { high, low } = halves(operand);
  return sql`((CAST(${high} AS REAL) * 4294967296.0 + ${low}) / count(${operand}))`;
}

/** Among the values of a subquery's sum there may be infinite ones. */
function infiniteIf(overflows: boolean, operand: SqlFragment, total: SqlFragment): SqlFragment {
  if (!overflows) return total;
  return sql`(CASE WHEN max(${operand}) = ${INFINITY} THEN ${INFINITY} WHEN min(${operand}) = -${INFINITY} THEN -${INFINITY} ELSE ${total} END)`;
}

/** As hex, bytes take twice their size. */
const PIECE = 800_000;

function bytesInPieces(bytes: Uint8Array): SqlFragment {
  const pieces: SqlFragment[] = [];
  for (let at = 0; at < bytes.length; at += PIECE) {
    pieces.push(sql`unhex(${bind(toHex(bytes.subarray(at, at + PIECE)))})`);
  }
  return sql`CAST(${join(pieces, " || ")} AS BLOB)`;
}

const INFINITY = sql`9e999`;

const REALS: RealArithmetic = {
  // Not as a decimal number, which SQLite might read one bit too small or too large.
  power: (exponent) => sql`pow(2.0, ${integer(exponent)})`,
  whole: (value) => sql`CAST(${value} AS INTEGER)`,
  real: (total) => sql`CAST(${total} AS REAL)`,
  infinity: INFINITY,
  refusesTiny: false,
};

function real(slot: number): SqlFragment {
  return sql`(CAST("@item".value ->> ${integer(slot)} AS REAL) * pow(2.0, "@item".value ->> ${integer(slot + 1)}))`;
}

function slotsOf(value: NonNullable<Value>): readonly (string | number | boolean)[] {
  switch (typeof value) {
    case "string":
    case "boolean":
      return [value];
    case "number":
      return Number.isSafeInteger(value) ? [value] : mantissaAndExponent(value);
    case "bigint":
      return value < INT64_MIN || value > INT64_MAX
        ? mantissaAndExponent(Number(value))
        : [value.toString()];
    case "object":
      return [value instanceof Date ? value.getTime() : toHex(value)];
  }
}
