/** Column declarations: the kinds, the pure modifiers, and the TypeScript type that each kind stands for. */

import { PlasmaDefinitionError } from "../errors.ts";
import { textProblem } from "./text-check.ts";

/** How a column is stored and compared. `ref` columns hold the id of a row of another table. */
export type ColumnKind =
  "id" | "text" | "int" | "bigint" | "real" | "boolean" | "timestamp" | "blob" | "json" | "ref";

export interface FileOptions {
  /** In bytes. */
  readonly maxSize?: number;
  /** Media types, `*` for any subtype: `["image/*", "application/pdf"]`. */
  readonly mimeAllowList?: readonly string[];
  /** Whether a row keeps the file that it was inserted with. */
  readonly immutable?: boolean;
  /** When the bytes are sent: with the mutation that mentions them (default), or when somebody asks for them. */
  readonly upload?: "eager" | "lazy";
}

/** What the document in a `json` column is, where it is not just the app's (`document-column.ts`). */
export type KnownDocument =
  | { readonly kind: "file"; readonly options: FileOptions }
  | {
      readonly kind: "crdtCounter" | "crdtPnCounter" | "crdtLwwRegister" | "crdtOrSet";
    };

export type OnDelete = "cascade" | "restrict" | "setNull" | "noAction";

export interface Reference {
  /** Deferred, so that tables can refer to each other (and to themselves) in any order. */
  readonly column: () => AnyColumn;
  readonly onDelete: OnDelete;
}

/** Any JSON document. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * One column. `T` is the type of its values (with `null` when nullable), `Optional` says whether an
 * insert may leave it out, `Target` is the table that a `ref` refers to (null for other columns).
 * Modifiers return a new column and leave the old one as it was.
 */
export interface Column<
  T = unknown,
  Optional extends boolean = boolean,
  Target extends string | null = string | null,
> {
  readonly kind: ColumnKind;
  /** The table it belongs to; empty until `table()` has bound it. */
  readonly table: string;
  /** What the query calls that table: its name, or the name given by `alias()`. */
  readonly alias: string;
  readonly name: string;
  readonly isNullable: boolean;
  readonly isUnique: boolean;
  readonly isEncrypted: boolean;
  readonly hasDefault: boolean;
  readonly defaultValue: T | undefined;
  readonly enumValues: readonly string[] | undefined;
  readonly reference: Reference | undefined;
  readonly document: KnownDocument | undefined;

  nullable(): Column<T | null, true, Target>;
  default(value: NonNullable<T>): Column<T, true, Target>;
  unique(): Column<T, Optional, Target>;
  encrypted(): Column<T, Optional, Target>;

  /** Types only; never present at run time. */
  readonly $type?: { readonly data: T; readonly optional: Optional; readonly target: Target };
}

// Inference only: a column of any type. `unknown` would not accept `default(value)` contravariantly.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyColumn = Column<any, boolean>;

export type ColumnData<C> = C extends Column<infer T, boolean> ? T : never;

export interface ColumnState {
  readonly kind: ColumnKind;
  readonly table?: string;
  readonly alias?: string;
  readonly name?: string;
  readonly isNullable?: boolean;
  readonly isUnique?: boolean;
  readonly isEncrypted?: boolean;
  readonly hasDefault?: boolean;
  readonly defaultValue?: unknown;
  readonly enumValues?: readonly string[];
  readonly reference?: Reference;
  readonly document?: KnownDocument;
}

const COLUMN = Symbol("plasma.column");

const ON_DELETE: ReadonlySet<string> = new Set<OnDelete>([
  "cascade",
  "restrict",
  "setNull",
  "noAction",
]);

export function makeColumn<T, Optional extends boolean, Target extends string | null = null>(
  state: ColumnState,
): Column<T, Optional, Target> {
  const refuse = (modifier: string) => {
    throw new PlasmaDefinitionError(
      `id() is never ${modifier}: it is the primary key. Remove .${modifier}() from it.`,
    );
  };
  const column = {
    [COLUMN]: true,
    kind: state.kind,
    table: state.table ?? "",
    alias: state.alias ?? state.table ?? "",
    name: state.name ?? "",
    isNullable: state.isNullable ?? false,
    isUnique: state.isUnique ?? false,
    isEncrypted: state.isEncrypted ?? false,
    hasDefault: state.hasDefault ?? false,
    defaultValue: state.defaultValue as T | undefined,
    enumValues: state.enumValues,
    reference: state.reference,
    document: state.document,
    nullable: () => {
      if (state.kind === "id") refuse("nullable");
      return makeColumn<T | null, true, Target>({ ...state, isNullable: true });
    },
    default: (value: NonNullable<T>) => {
      if (state.kind === "id") refuse("default");
      return makeColumn<T, true, Target>({ ...state, hasDefault: true, defaultValue: value });
    },
    unique: () => makeColumn<T, Optional, Target>({ ...state, isUnique: true }),
    encrypted: () => {
      if (state.kind === "id") refuse("encrypted");
      return makeColumn<T, Optional, Target>({ ...state, isEncrypted: true });
    },
  };
  return Object.freeze(column);
}

export function isColumn(value: unknown): value is AnyColumn {
  return typeof value === "object" && value !== null && COLUMN in value;
}

/** The same column, bound to the table and property it was declared under. */
export function bindColumn(
  column: AnyColumn,
  place: { table: string; alias: string; name: string; defaultValue?: unknown },
): AnyColumn {
  return makeColumn({
    kind: column.kind,
    isNullable: column.isNullable,
    isUnique: column.isUnique,
    isEncrypted: column.isEncrypted,
    hasDefault: column.hasDefault,
    defaultValue: place.defaultValue ?? column.defaultValue,
    ...(column.enumValues && { enumValues: column.enumValues }),
    ...(column.reference && { reference: column.reference }),
    ...(column.document && { document: column.document }),
    table: place.table,
    alias: place.alias,
    name: place.name,
  });
}

/** The primary key: text that the app chooses, usually `client.newId()`. Every table has exactly one, named `id`. */
export function id(): Column<string, false, null> {
  return makeColumn({ kind: "id" });
}

/** Text without lone surrogates or NUL; with `enum`, one of the values listed. */
export function text(): Column<string, false, null>;
export function text<const V extends readonly [string, ...string[]]>(options: {
  enum: V;
}): Column<V[number], false, null>;
export function text(options?: { enum: readonly string[] }): Column<string, false, null> {
  if (options === undefined) return makeColumn({ kind: "text" });
  const given: unknown = (options as { enum?: unknown } | null)?.enum;
  if (!Array.isArray(given) || !given.every((value) => typeof value === "string")) {
    throw new PlasmaDefinitionError(
      'text() takes its enum as a list of texts: text({ enum: ["open", "done"] }).',
    );
  }
  const enumValues: readonly string[] = Object.freeze([...given]);
  if (enumValues.length === 0 || new Set(enumValues).size !== enumValues.length) {
    throw new PlasmaDefinitionError(
      `text({ enum: [${enumValues.join(", ")}] }) must list at least one value, and each value once.`,
    );
  }
  for (const value of enumValues) {
    const problem = textProblem(value);
    if (problem) throw new PlasmaDefinitionError(`A value of text({ enum }) ${problem}.`);
  }
  return makeColumn({ kind: "text", enumValues });
}

/** A safe integer, −(2^53−1) to 2^53−1. */
export function int(): Column<number, false, null> {
  return makeColumn({ kind: "int" });
}

/** A 64-bit signed integer. */
export function bigint(): Column<bigint, false, null> {
  return makeColumn({ kind: "bigint" });
}

/** A finite double. */
export function real(): Column<number, false, null> {
  return makeColumn({ kind: "real" });
}

export function boolean(): Column<boolean, false, null> {
  return makeColumn({ kind: "boolean" });
}

/** A moment: a `Date` in TypeScript, integer milliseconds since 1970 in storage. */
export function timestamp(): Column<Date, false, null> {
  return makeColumn({ kind: "timestamp" });
}

/** Small bytes kept in the row. Use files for anything of more than a few kilobytes. */
export function blob(): Column<Uint8Array, false, null> {
  return makeColumn({ kind: "blob" });
}

/** A JSON document, typed by the caller. */
export function json<T = Json>(): Column<T, false, null> {
  return makeColumn({ kind: "json" });
}

/**
 * The id of a row of another table. `onDelete` says what becomes of this row when that one is deleted:
 * `restrict` (the default) refuses the delete, `cascade` deletes this row too, `setNull` forgets the reference, and
 * `noAction` leaves it to the mutator to point it elsewhere: the server refuses a mutation that does not.
 */
export function ref<C extends AnyColumn>(
  target: () => C,
  options: { onDelete?: OnDelete } = {},
): Column<string, false, C["alias"]> {
  if (typeof target !== "function") {
    throw new PlasmaDefinitionError(
      "ref() takes a function that names the id of a table: ref(() => lists.id).",
    );
  }
  const onDelete = (options as { onDelete?: OnDelete } | null)?.onDelete ?? "restrict";
  if (!ON_DELETE.has(onDelete)) {
    throw new PlasmaDefinitionError(
      `ref() does not know onDelete: "${onDelete}". Use one of: ${[...ON_DELETE].join(", ")}.`,
    );
  }
  return makeColumn({ kind: "ref", reference: { column: target, onDelete } });
}

/** Type-level view of a table's columns, used wherever a table's shape is generic. */
export type ColumnRecord = Record<string, AnyColumn>;
