/** A row of a source, behind it the rows that it was joined to: a chain, since most are never looked at as a whole. */

import type { AggregateOperand, ColumnOperand, Row, Scope, Value } from "@sh1n4ps/plasma-core";
import type { Tuple } from "./delta.ts";

export class JoinedRow implements Tuple {
  readonly key: string;
  readonly alias: string;
  /** Null where a left join found none. */
  readonly row: Row | null;
  readonly left: JoinedRow | null;
  shown: Row | undefined = undefined;

  /** @param from The tuple that it extends; the first source of a query gives a key instead. */
  constructor(alias: string, row: Row | null, from: JoinedRow | string) {
    this.alias = alias;
    this.row = row;
    if (typeof from === "string") {
      this.left = null;
      this.key = from;
    } else {
      this.left = from;
      // No id holds a NUL, and each join adds exactly one part.
      this.key = row === null ? `${from.key}\0-` : `${from.key}\0+${row["id"] as string}`;
    }
  }

  get scope(): Scope {
    const scope = new Map<string, Row | null>([[this.alias, this.row]]);
    for (let at = this.left; at; at = at.left) scope.set(at.alias, at.row);
    return scope;
  }

  value(operand: ColumnOperand | AggregateOperand): Value {
    if (operand.kind === "aggregate") return null;
    if (this.alias !== operand.alias) return this.left?.value(operand) ?? null;
    return (this.row?.[operand.column] ?? null) as Value;
  }
}
