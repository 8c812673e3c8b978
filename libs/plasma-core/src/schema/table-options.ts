/** The options of `table()`: their types, and what is refused. */

import { PlasmaDefinitionError } from "../errors.ts";
import type { AnyColumn, ColumnData, ColumnRecord } from "./column.ts";
import { checkName } from "./name.ts";
import type { RuleSet } from "./rule.ts";

// Inference only: rule callbacks are contravariant in the context, so `unknown` would refuse every real rule.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyCtx = any;

export interface TableOptions<C extends ColumnRecord = ColumnRecord> {
  /** Who may read and write which rows. Without a rule the app's `AuthorizePolicy.default` decides. */
  readonly auth?: RuleSet<AnyCtx, C>;
  /** Column lists, used by SQL and by the client: `[["listId", "position"]]`. */
  readonly indexes?: readonly (readonly (keyof C & string)[])[];
  /**
   * Decides what becomes of a row that a mutation updates, when somebody else has changed one of the same columns since
   * the person made it. Only on the server, before the commit. What it returns is checked and authorised like any row;
   * what it throws refuses the mutation, as if the mutator had thrown it.
   */
  readonly resolveConflict?: ConflictResolver<AnyCtx, RowOf<C>>;
  /**
   * The table stays on the device (a local-only table): mutators and live queries use it there like any other, and the
   * server has no such table. What a mutator writes to it on the server is skipped, and what it reads is empty.
   */
  readonly changeLogSuppressed?: boolean;
  /** Where the bytes of the table's files are kept: a name in the server's `blobs`. */
  readonly blobs?: StorageRef;
}

type RowOf<C extends ColumnRecord> = { -readonly [K in keyof C]: ColumnData<C[K]> };

export interface ConflictingRows<Ctx, R> {
  /** The row as the client last saw it confirmed; null when it saw none, or when that is too long ago to be known. */
  readonly base: R | null;
  /** The row as it is, with what this mutation has written before. */
  readonly current: R;
  /** The row as the write would leave it. */
  readonly incoming: R;
  /** The server's, of the person whose mutation it is. */
  readonly ctx: Ctx;
}

/** Pure: the row that stays. Columns that it leaves out stay as they are. */
export type ConflictResolver<Ctx, R> = (rows: ConflictingRows<Ctx, R>) => R;

/** The name of a storage, made by `storageRef()`. */
export interface StorageRef {
  readonly storage: string;
}

/** Names the storage of a table's files: `blobs: storageRef("archive")`. */
export function storageRef(name: string): StorageRef {
  checkName("storage", name);
  return Object.freeze({ storage: name });
}

/** What each further option must be, and how to say so. */
const OPTIONS: Readonly<
  Record<keyof TableOptions, { fits: (value: unknown) => boolean; must: string } | null>
> = {
  auth: null,
  indexes: null,
  resolveConflict: {
    fits: (value) => typeof value === "function",
    must: "a function: ({ base, current, incoming, ctx }) => row",
  },
  changeLogSuppressed: { fits: (value) => typeof value === "boolean", must: "true or false" },
  blobs: {
    fits: (value) => typeof (value as Partial<StorageRef> | null)?.storage === "string",
    must: 'made by storageRef("name")',
  },
};

/** Throws for what is wrong in the options of a table with these columns. */
export function checkOptions(
  table: string,
  columns: ColumnRecord,
  options: {
    readonly auth?: unknown;
    readonly indexes?: readonly (readonly string[])[];
    readonly resolveConflict?: unknown;
    readonly changeLogSuppressed?: unknown;
  },
): void {
  checkIndexes(table, columns, options.indexes ?? []);
  checkLocalOnly(table, options);
  checkRules(table, options.auth);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(OPTIONS, name)) {
      throw new PlasmaDefinitionError(
        `Table "${table}" has an option "${name}", which does not exist. There are: ${Object.keys(OPTIONS).join(", ")}.`,
      );
    }
    const option = OPTIONS[name as keyof TableOptions];
    if (option && value !== undefined && !option.fits(value)) {
      throw new PlasmaDefinitionError(`${name} of table "${table}" must be ${option.must}.`);
    }
  }
}

/** Documents have no equality, and of encrypted values nobody but their readers knows whether they are equal. */
export function requireComparableColumn(what: string, column: AnyColumn): void {
  if (column.kind !== "json" && !column.isEncrypted) return;
  const reason = column.isEncrypted ? "an encrypted value" : "a document";
  throw new PlasmaDefinitionError(
    `${what}, but ${reason} cannot be compared. Put what has to be compared into a column of its own.`,
  );
}

function checkIndexes(
  table: string,
  columns: ColumnRecord,
  indexes: readonly (readonly string[])[],
): void {
  if (!Array.isArray(indexes) || !indexes.every(Array.isArray)) {
    throw new PlasmaDefinitionError(
      `indexes of table "${table}" must be a list of column lists: [["listId", "position"]].`,
    );
  }
  const seen = new Set<string>();
  for (const index of indexes) {
    if (seen.has(index.join())) {
      throw new PlasmaDefinitionError(
        `Table "${table}" has the index [${index.join(", ")}] twice. Leave one of them out.`,
      );
    }
    seen.add(index.join());
    if (index.length === 0 || new Set(index).size !== index.length) {
      throw new PlasmaDefinitionError(
        `An index of table "${table}" must name at least one column, and each column once: [${index.join(", ")}].`,
      );
    }
    for (const column of index) {
      if (!Object.hasOwn(columns, column)) {
        throw new PlasmaDefinitionError(
          `An index of table "${table}" names "${column}", which is not one of its columns.`,
        );
      }
      requireComparableColumn(
        `An index of table "${table}" names "${column}"`,
        columns[column] as AnyColumn,
      );
    }
  }
}

/** Conflicts are resolved on the server, which never sees such a row. */
function checkLocalOnly(table: string, options: Parameters<typeof checkOptions>[2]): void {
  if (options.changeLogSuppressed !== true || !options.resolveConflict) return;
  throw new PlasmaDefinitionError(
    `Table "${table}" stays on the device (changeLogSuppressed), so nobody else changes its rows. Take resolveConflict out.`,
  );
}

/** A rule that is there but undefined (a circular import, a typing error) must not count as "no rule". */
function checkRules(table: string, auth: unknown): void {
  if (auth === undefined) return;
  if (typeof auth !== "object" || auth === null) {
    throw new PlasmaDefinitionError(
      `The auth of table "${table}" must be an object: { read, write }.`,
    );
  }
  for (const [kind, rule] of Object.entries(auth)) {
    if ((kind !== "read" && kind !== "write") || typeof rule !== "function") {
      throw new PlasmaDefinitionError(
        `auth.${kind} of table "${table}" is not a rule. Write { read: (ctx, row) => …, write: (ctx, row) => … }, and leave out what has no rule.`,
      );
    }
  }
}
