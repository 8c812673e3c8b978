/** Writes as data: what the write builders make and `executeWrite` carries out. */

import type { Condition } from "./ast.ts";

export type WriteAst =
  | {
      readonly kind: "insert";
      readonly table: string;
      readonly rows: readonly Readonly<Record<string, unknown>>[];
    }
  | {
      readonly kind: "update";
      readonly table: string;
      readonly patch: Readonly<Record<string, unknown>>;
      readonly where: Condition | null;
    }
  | { readonly kind: "delete"; readonly table: string; readonly where: Condition | null };
