/** Writes as data: what the write builders make and `executeWrite` carries out. */

import type { Condition } from "./ast.ts";

/** Values by column, as the app gave them: not checked yet. */
export type GivenValues = Readonly<Record<string, unknown>>;

/** What becomes of a row of an insert when one of its unique values is taken. */
export type OnConflict =
  | { readonly kind: "nothing" }
  | {
      readonly kind: "update";
      /** The columns whose value tells which row to change: the id, or unique ones. */
      readonly target: readonly string[];
      readonly set: GivenValues;
    };

interface AnyWrite {
  readonly table: string;
  /** Whether the rows are wanted, and not only their number. */
  readonly returning: boolean;
}

export interface InsertAst extends AnyWrite {
  readonly kind: "insert";
  readonly rows: readonly GivenValues[];
  /** Null: it is an error. */
  readonly onConflict: OnConflict | null;
}

export interface UpdateAst extends AnyWrite {
  readonly kind: "update";
  readonly patch: GivenValues;
  readonly where: Condition | null;
}

export interface IncrementAst extends AnyWrite {
  readonly kind: "increment";
  readonly column: string;
  readonly delta: unknown;
  readonly where: Condition | null;
}

export interface DeleteAst extends AnyWrite {
  readonly kind: "delete";
  readonly where: Condition | null;
}

export type WriteAst = InsertAst | UpdateAst | IncrementAst | DeleteAst;
