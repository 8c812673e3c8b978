/** Fields: what the sources of a query can be asked for, and what the operands of a query are. */

import { PlasmaError } from "../errors.ts";
import type { AnyColumn } from "../schema/column.ts";
import type { TableInfo } from "../schema/table.ts";
import type { AggregateOperand, ColumnOperand } from "./ast.ts";
import { notInScope } from "./scope.ts";
import { isComparable, typeOfKind } from "./value-type.ts";
import type { ValueType } from "./value-type.ts";

/** A named value of a source. */
export interface Field {
  readonly type: ValueType;
  readonly nullable: boolean;
  readonly encrypted: boolean;
  /** Whether it comes of a sum, which may be too large for its type (`aggregate-values.ts`). */
  readonly overflows: boolean;
}

/** The fields in sight, by alias: of the query's own sources and of the queries around it. */
export type FieldScope = ReadonlyMap<string, ReadonlyMap<string, Field>>;

const COUNT: Field = { type: "int", nullable: false, encrypted: false, overflows: false };

export function fieldsOfTable(table: TableInfo): ReadonlyMap<string, Field> {
  return new Map(
    table.columnNames.map((name) => [name, fieldOf(table.columns[name] as AnyColumn)]),
  );
}

function fieldOf(column: AnyColumn): Field {
  return {
    type: typeOfKind(column.kind),
    nullable: column.isNullable,
    encrypted: column.isEncrypted,
    overflows: false,
  };
}

/** What an operand's values are. */
export function fieldOfOperand(
  operand: ColumnOperand | AggregateOperand,
  scope: FieldScope,
): Field {
  if (operand.kind === "column") return requireField(operand, scope);
  const field = operand.operand && requireField(operand.operand, scope);
  if (operand.distinct && operand.fn !== "count") {
    throw invalid(`Only count() can be asked for different values, not ${operand.fn}().`);
  }
  if (!field) return COUNT;
  if (field.encrypted) throw invalid(`${operand.fn}() cannot read an encrypted column.`);
  switch (operand.fn) {
    case "count":
      if (operand.distinct && !isComparable(field.type))
        throw invalid(
          "countDistinct() cannot compare JSON documents. Keep what it looks at in a column of its own.",
        );
      return COUNT;
    case "sum":
    case "avg":
      if (field.type !== "int" && field.type !== "bigint" && field.type !== "real") {
        throw mismatch(
          `${operand.fn}() adds numbers, but "${operand.operand?.column}" is ${field.type}. Give it an int, bigint or real column.`,
        );
      }
      return {
        type: operand.fn === "avg" ? "real" : field.type,
        nullable: true,
        encrypted: false,
        overflows: true,
      };
    case "min":
    case "max":
      if (!isComparable(field.type))
        throw mismatch(
          `${operand.fn}() cannot compare JSON documents. Keep what it looks at in a column of its own.`,
        );
      return { ...field, nullable: true };
  }
}

export function requireField(operand: ColumnOperand, scope: FieldScope): Field {
  const fields = scope.get(operand.alias);
  if (!fields) throw notInScope(operand.alias);
  const field = fields.get(operand.column);
  if (!field) {
    throw new PlasmaError(
      "unknown-column",
      `"${operand.alias}" has no column "${operand.column}". It has: ${[...fields.keys()].join(", ")}.`,
    );
  }
  return field;
}

export function requireComparableField(
  operand: ColumnOperand | AggregateOperand,
  scope: FieldScope,
  place: string,
): Field {
  const field = fieldOfOperand(operand, scope);
  const name =
    operand.kind === "column" ? `"${operand.alias}.${operand.column}"` : `${operand.fn}()`;
  if (field.encrypted)
    throw invalid(
      `${name} is encrypted, so it can be selected, but not stand in ${place}. Keep what queries look at in a column of its own.`,
    );
  if (!isComparable(field.type)) {
    throw mismatch(
      `${name} holds JSON documents, which cannot be compared, sorted or grouped. Use a column of its own.`,
    );
  }
  return field;
}

export function invalid(message: string): PlasmaError {
  return new PlasmaError("invalid-query", message);
}

export function mismatch(message: string): PlasmaError {
  return new PlasmaError("type-mismatch", message);
}
