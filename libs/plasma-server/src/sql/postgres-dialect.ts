/**
 * Postgres 15 and later, through node-postgres, PGlite or any other driver that binds text.
 *
 * - A parameter has no type of its own, so every value says what it is: CAST(? AS …).
 * - Text compares by code point whatever the database's collation: columns are COLLATE "C", and so is all text that
 *   is not a column.
 * - Drivers disagree about bigints (text, number, bigint), and settings about the digits of a double
 *   (`extra_float_digits`): whole numbers and dates are read as text, and reals as their eight bytes.
 * - There is no min() of booleans or bytes: false is less than true, and hex sorts as its bytes do.
 * - Sums of whole numbers are exact (numeric), and infinite if they do not fit.
 */

import { INT64_MAX, INT64_MIN, normalizePattern } from "@sh1n4ps/plasma-core";
import type { ColumnKind, Value, ValueType } from "@sh1n4ps/plasma-core";
import { toHex } from "../bytes.ts";
import type { SqlDialect } from "./dialect.ts";
import { bind, integer, sql } from "./fragment.ts";
import type { SqlFragment } from "./fragment.ts";
import { realTotal } from "./real-total.ts";
import type { RealArithmetic } from "./real-total.ts";
import { sqlStateOf } from "./postgres-executor.ts";

const NUMERIC_VALUE_OUT_OF_RANGE = "22003";

export const postgresDialect: SqlDialect = {
  name: "postgres",

  columnType: (kind) => {
    switch (kind) {
      case "id":
      case "ref":
      case "text":
        return 'text COLLATE "C"';
      case "int":
      case "bigint":
      case "timestamp":
        return "bigint";
      case "real":
        return "double precision";
      case "boolean":
        return "boolean";
      case "blob":
        return "bytea";
      case "json":
        return "jsonb";
    }
  },

  value: (value) => {
    switch (typeof value) {
      case "string":
        return sql`(CAST(${bind(value)} AS text) COLLATE "C")`;
      case "number":
      case "bigint":
        return castNumber(bind(numberText(value)), [value]);
      case "boolean":
        return value ? sql`TRUE` : sql`FALSE`;
      case "object":
        return value instanceof Date
          ? sql`CAST(${bind(numberText(value.getTime()))} AS bigint)`
          : sql`decode(CAST(${bind(toHex(value))} AS text), 'hex')`;
    }
  },

  values: (values) => {
    const present = values.filter((value) => value !== null);
    const texts = values.map((value) => (value === null ? null : textOf(value)));
    const element = sql`"@item".value`;
    const [sample] = present;
    const source = sql`jsonb_array_elements_text(CAST(${bind(JSON.stringify(texts))} AS jsonb)) AS "@item"(value)`;
    const typed = () => {
      switch (typeof sample) {
        case "number":
        case "bigint":
          return castNumber(element, present as readonly (number | bigint)[]);
        case "boolean":
          return sql`CAST(${element} AS boolean)`;
        case "object":
          return sample instanceof Date
            ? sql`CAST(${element} AS bigint)`
            : sql`decode(${element}, 'hex')`;
        default:
          return sql`(${element} COLLATE "C")`;
      }
    };
    return sql`SELECT ${typed()} FROM ${source}`;
  },

  read: (column, kind) => {
    switch (kind) {
      case "int":
      case "timestamp":
      case "bigint":
      case "json":
        return sql`CAST(${column} AS text)`;
      case "real":
        return sql`encode(float8send(${column}), 'hex')`;
      case "id":
      case "ref":
      case "text":
      case "boolean":
      case "blob":
        return column;
    }
  },

  readSum: (value, type) => postgresDialect.read(value, type),

  truth: (value) => (value === null ? sql`CAST(NULL AS boolean)` : value ? sql`TRUE` : sql`FALSE`),

  like: (operand, { pattern, foldCase }) => {
    // In the collation "C", lower() knows the letters A to Z only, which is what `ilike` folds.
    const text = foldCase ? sql`lower(${operand} COLLATE "C")` : operand;
    const folded = foldCase
      ? pattern.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
      : pattern;
    return sql`(${text} LIKE ${postgresDialect.value(normalizePattern(folded))})`;
  },

  aggregate: (fn, operand, { type, overflows }) => {
    switch (fn) {
      case "min":
      case "max":
        return extreme(fn, operand, type);
      case "avg": {
        if (type === "real") return sql`(${realTotal(REALS, operand)} / count(${operand}))`;
        const average = sql`(CAST(sum(${operand}) AS double precision) / count(${operand}))`;
        return overflows ? infiniteIf(operand, average, "double precision") : average;
      }
      case "sum": {
        if (type === "real") return realTotal(REALS, operand);
        const total = wholeSum(operand, type);
        return overflows ? infiniteIf(operand, total, "numeric") : total;
      }
    }
  },

  isOverflow: (error) => sqlStateOf(error) === NUMERIC_VALUE_OUT_OF_RANGE,

  refusalOf: (error) => {
    const state = sqlStateOf(error) ?? "";
    switch (state) {
      case "23505":
        return "unique";
      case "23503":
        return "reference";
      // Serialization failure, deadlock, lock not available.
      case "40001":
      case "40P01":
      case "55P03":
        return "conflict";
      // Limits of the program, among them those of an index entry.
      case "54000":
        return "constraint";
    }
    // Integrity constraints, and data that a type does not take.
    return state.startsWith("23") || state.startsWith("22") ? "constraint" : null;
  },

  joinInOrder: sql`JOIN`,

  byIndex: (table) => table,

  orderTerm: (operand, direction, nullable) => {
    const term = direction === "asc" ? operand : sql`${operand} DESC`;
    // An index serves an order only if both put nulls at the same end, also where there are none.
    if (!nullable) return term;
    return direction === "asc" ? sql`${term} NULLS FIRST` : sql`${term} NULLS LAST`;
  },

  resorted: (operand) => operand,

  window: ({ limit, offset }) => {
    if (limit === null && offset === 0) return sql``;
    const skip = sql` OFFSET ${integer(offset)}`;
    return limit === null ? skip : sql` LIMIT ${integer(limit)}${skip}`;
  },

  parameterLimit: null,

  jsonRows: (json) => sql`jsonb_array_elements(CAST(${bind(json)} AS jsonb)) AS "@item"(value)`,

  cellWidth: () => 1,

  cell: (slot, kind) => {
    const text = sql`("@item".value ->> ${integer(slot)})`;
    switch (kind) {
      case "id":
      case "ref":
      case "text":
        return sql`(${text} COLLATE "C")`;
      case "int":
      case "bigint":
      case "timestamp":
        return sql`CAST(${text} AS bigint)`;
      case "real":
        return sql`CAST(${text} AS double precision)`;
      case "boolean":
        return sql`CAST(${text} AS boolean)`;
      case "blob":
        return sql`decode(${text}, 'hex')`;
      case "json":
        return sql`CAST(${text} AS jsonb)`;
    }
  },

  encodeCell: (value, kind) => {
    if (value === null || value === undefined) return [null];
    if (kind === "json") return [JSON.stringify(value)];
    return [textOf(value as NonNullable<Value>)];
  },
};

function textOf(value: NonNullable<Value>): string {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "bigint":
      return numberText(value);
    case "boolean":
      return String(value);
    case "object":
      return value instanceof Date ? numberText(value.getTime()) : toHex(value);
  }
}

/** The shortest decimal that is read back as the same number. */
function numberText(value: number | bigint): string {
  return typeof value === "bigint" ? value.toString() : String(value + 0);
}

/** Text as the narrowest type that holds all of these exactly, so that they compare as integers if they are. */
function castNumber(text: SqlFragment, values: readonly (number | bigint)[]): SqlFragment {
  const fits = (value: number | bigint) =>
    typeof value === "bigint"
      ? value >= INT64_MIN && value <= INT64_MAX
      : Number.isSafeInteger(value);
  if (values.every(fits)) return sql`CAST(${text} AS bigint)`;
  if (values.every((value) => typeof value === "number")) {
    return sql`CAST(${text} AS double precision)`;
  }
  return sql`CAST(${text} AS numeric)`;
}

function extreme(fn: "min" | "max", operand: SqlFragment, type: ColumnKind): SqlFragment {
  const aggregate: SqlFragment = { text: fn, params: [] };
  switch (type) {
    case "boolean":
      return fn === "min" ? sql`bool_and(${operand})` : sql`bool_or(${operand})`;
    case "blob":
      return sql`decode(${aggregate}(encode(${operand}, 'hex') COLLATE "C"), 'hex')`;
    case "id":
    case "ref":
    case "text":
    case "int":
    case "bigint":
    case "real":
    case "timestamp":
    case "json":
      return sql`${aggregate}(${operand})`;
  }
}

/** The exact sum of integers, which is numeric. */
function wholeSum(operand: SqlFragment, type: ValueType): SqlFragment {
  const total = sql`sum(${operand})`;
  const [least, most] =
    type === "int"
      ? [sql`-9007199254740991`, sql`9007199254740991`]
      : [sql`-9223372036854775808`, sql`9223372036854775807`];
  return sql`(CASE WHEN ${total} > ${most} THEN numeric 'Infinity' WHEN ${total} < ${least} THEN numeric '-Infinity' ELSE ${total} END)`;
}

/** Among the values of a subquery's sum there may be infinite ones. */
function infiniteIf(operand: SqlFragment, total: SqlFragment, type: string): SqlFragment {
  const kind: SqlFragment = { text: type, params: [] };
  return sql`(CASE WHEN max(${operand}) = 'Infinity' THEN ${kind} 'Infinity' WHEN min(${operand}) = '-Infinity' THEN ${kind} '-Infinity' ELSE ${total} END)`;
}

const REALS: RealArithmetic = {
  power: (exponent) => sql`power(CAST(2 AS double precision), ${integer(exponent)})`,
  whole: (value) => sql`CAST(${value} AS bigint)`,
  real: (total) => sql`CAST(${total} AS double precision)`,
  infinity: sql`CAST('Infinity' AS double precision)`,
  refusesTiny: true,
};
