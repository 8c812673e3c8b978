/**
 * What `runMigrations()` has to do, as data: from the schema that the database has, the schema that is wanted, and what
 * the app has declared. Nothing is guessed: a column that is gone was dropped or renamed, and only the app knows which.
 *
 * 1. What is declared and has been done already is passed over, so that one declaration serves every database.
 * 2. Either all of it is allowed, or all that is not is named (`MigrationRefused`) and nothing happens.
 * 3. A value is required of a column at the very end, when each row has one.
 */

import { MigrationRefused } from "../errors.ts";
import { additionsFor, changedProperties } from "../schema/additions.ts";
import type { SchemaChange } from "../schema/additions.ts";
import type {
  ColumnDescription,
  SchemaDescription,
  TableDescription,
} from "../schema/description.ts";
import type { TableAlteration } from "../schema/table-alterations.ts";

/** What an app says about how its schema has changed. Columns go by "table.column", by the table's new name. */
export interface DeclaredChanges {
  /** `{ tasks: "todos" }` */
  readonly renameTables?: Readonly<Record<string, string>>;
  /** `{ "todos.name": "title" }` */
  readonly renameColumns?: Readonly<Record<string, string>>;
  /** Their rows are lost. */
  readonly dropTables?: readonly string[];
  /** Their values are lost: `["todos.note"]`. */
  readonly dropColumns?: readonly string[];
  /** The columns that are given values. */
  readonly backfilled?: readonly string[];
}

export interface ColumnPlace {
  readonly table: string;
  readonly column: string;
}

export interface MigrationPlan {
  readonly alterations: readonly TableAlteration[];
  readonly additions: SchemaChange | null;
  /** What the database has when all but the requirements is done. */
  readonly after: SchemaDescription;
  /** Columns of which a value is required in the end. */
  readonly required: readonly ColumnPlace[];
}

export interface MigrationRequest {
  readonly stored: SchemaDescription;
  readonly wanted: SchemaDescription;
  readonly declared: DeclaredChanges;
  /** A column that has to have a value, as the database can hold it to that once there are rows. */
  readonly required: (column: ColumnDescription) => ColumnDescription;
}

export function planMigration(request: MigrationRequest): MigrationPlan {
  const { stored, wanted, declared } = request;
  const refusals: string[] = [];
  const drafts = draftsOf(stored, declared, refusals);
  refuseRenamesOfNothing(drafts, declared, refusals);
  for (const draft of drafts) changeColumns(draft, { ...request, refusals });
  checkReferences(drafts, refusals);
  if (refusals.length > 0) throw new MigrationRefused(refusals);
  const alterations = drafts.filter(isChanged).map(alterationOf);
  const kept = drafts.flatMap(({ after }) => after ?? []);
  const required = requirementsOf(kept, wanted, declared);
  const altered: SchemaDescription = {
    ...stored,
    tables: kept.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    retired: retiredBy(alterations, stored, wanted),
  };
  const additions = additionsFor(altered, relaxed(wanted, required));
  const after = additions?.merged ?? (alterations.length > 0 ? altered : stored);
  return { alterations, additions, after, required };
}

/** A table while it is being changed. */
interface Draft {
  readonly before: TableDescription;
  after: TableDescription | null;
  readonly renamed: { readonly from: string; readonly to: string }[];
  readonly dropped: string[];
  readonly altered: { readonly before: ColumnDescription; readonly after: ColumnDescription }[];
}

function draftsOf(
  stored: SchemaDescription,
  { renameTables = {}, dropTables = [] }: DeclaredChanges,
  refusals: string[],
): Draft[] {
  const names = new Set(stored.tables.map(({ name }) => name));
  const gone = new Set(dropTables);
  const target = new Map<string, string>();
  for (const [from, to] of Object.entries(renameTables)) {
    if (names.has(from) && names.has(to)) {
      refusals.push(`"${from}" cannot be renamed to "${to}": the database has both tables.`);
    } else if (names.has(from)) target.set(from, to);
    else if (!names.has(to)) {
      refusals.push(
        `The database has neither a table "${from}" to be renamed nor a table "${to}".`,
      );
    }
  }
  const nameOf = (name: string) => target.get(name) ?? name;
  return stored.tables.map((before): Draft => {
    const columns = before.columns.map((column) => ({
      ...column,
      references: column.references && nameOf(column.references),
    }));
    const after = gone.has(before.name) ? null : { ...before, name: nameOf(before.name), columns };
    return { before, after, renamed: [], dropped: [], altered: [] };
  });
}

/** A name that was misspelt must not leave the old column behind and make a new, empty one. */
function refuseRenamesOfNothing(
  drafts: readonly Draft[],
  { renameColumns = {} }: DeclaredChanges,
  refusals: string[],
): void {
  for (const [place, to] of Object.entries(renameColumns)) {
    const isKnown = drafts.some(({ after }) => {
      const from = after && columnIn(after.name, place);
      return from && after.columns.some(({ name }) => name === from || name === to);
    });
    if (isKnown) continue;
    refusals.push(
      `The database has neither a column "${place}" to be renamed nor "${to}" beside it. Columns go by their table's new name.`,
    );
  }
}

function changeColumns(
  draft: Draft,
  { wanted, declared, required, refusals }: MigrationRequest & { readonly refusals: string[] },
): void {
  if (!draft.after) return;
  const { name: table } = draft.after;
  const { renameColumns = {}, dropColumns = [] } = declared;
  for (const [place, to] of Object.entries(renameColumns)) {
    const from = columnIn(table, place);
    if (from === null) continue;
    const names: readonly string[] = draft.after.columns.map(({ name }) => name);
    if (!names.includes(from)) continue;
    if (names.includes(to) || from === "id") {
      refusals.push(
        `"${place}" cannot be renamed to "${to}": ${from === "id" ? "the id of a table is called id" : "the table has both columns"}.`,
      );
      continue;
    }
    const isIt = (name: string): string => (name === from ? to : name);
    draft.renamed.push({ from, to });
    draft.after = {
      ...draft.after,
      columns: draft.after.columns.map((column) => ({ ...column, name: isIt(column.name) })),
      indexes: draft.after.indexes.map((index) => index.map(isIt)),
    };
  }
  for (const place of dropColumns) {
    const column = columnIn(table, place);
    if (column === null || !draft.after.columns.some(({ name }) => name === column)) continue;
    if (column === "id") {
      refusals.push(`"${place}" cannot be dropped: every table has an id.`);
      continue;
    }
    draft.dropped.push(column);
    draft.after = {
      ...draft.after,
      columns: draft.after.columns.filter(({ name }) => name !== column),
      indexes: draft.after.indexes.filter((index) => !index.includes(column)),
    };
  }
  const target = wanted.tables.find(({ name }) => name === table);
  if (target) draft.after = alterColumns(draft, target, required);
}

/** What can be altered without losing anything; the rest is left as it is, and refused as no addition. */
function alterColumns(
  draft: Draft,
  wanted: TableDescription,
  required: MigrationRequest["required"],
): TableDescription {
  const after = draft.after!;
  const columns = after.columns.map((column) => {
    const aim = wanted.columns.find(({ name }) => name === column.name);
    if (!aim) return column;
    const changed = changedProperties(column, aim);
    const next: ColumnDescription = {
      ...column,
      ...(changed.includes("default") && { default: aim.default }),
      ...(changed.includes("unique") && aim.unique && { unique: true }),
      ...(aim.nullable && { nullable: true }),
    };
    if (changedProperties(column, next).length === 0) return column;
    const { requiredBy, ...plain } = next;
    const isHeldByDefault = next.default !== null && !next.references && !requiredBy;
    const altered = next.nullable || isHeldByDefault ? plain : required(next);
    draft.altered.push({ before: column, after: altered });
    return altered;
  });
  return { ...after, columns };
}

function checkReferences(drafts: readonly Draft[], refusals: string[]): void {
  const gone = new Set(
    drafts.filter(({ after }) => after === null).map(({ before }) => before.name),
  );
  for (const { after } of drafts) {
    for (const { name, references } of after?.columns ?? []) {
      if (references === null || !gone.has(references)) continue;
      refusals.push(
        `"${references}" cannot be dropped while "${after!.name}.${name}" refers to it. Drop that column as well.`,
      );
    }
  }
}

function isChanged({ before, after, renamed, dropped, altered }: Draft): boolean {
  return (
    after?.name !== before.name || renamed.length > 0 || dropped.length > 0 || altered.length > 0
  );
}

function alterationOf({ before, after, renamed, dropped, altered }: Draft): TableAlteration {
  // Columns are dropped before their table has its new name, and before they would have theirs.
  const own = (column: string) => renamed.find(({ to }) => to === column)?.from ?? column;
  return {
    before,
    after,
    renamedColumns: renamed.filter(({ to }) => !dropped.includes(to)),
    droppedColumns: dropped.map(own),
    alteredColumns: altered,
  };
}

function requirementsOf(
  tables: readonly TableDescription[],
  wanted: SchemaDescription,
  { backfilled = [] }: DeclaredChanges,
): ColumnPlace[] {
  const known = new Map(tables.map((table) => [table.name, table]));
  return wanted.tables.flatMap(({ name: table, columns }) => {
    const stored = known.get(table);
    if (!stored) return [];
    return columns.flatMap(({ name: column, nullable }): ColumnPlace[] => {
      if (nullable) return [];
      const before = stored.columns.find(({ name }) => name === column);
      const isNew = !before && backfilled.includes(`${table}.${column}`);
      return isNew || before?.nullable ? [{ table, column }] : [];
    });
  });
}

/** The schema before values are required. */
function relaxed(schema: SchemaDescription, required: readonly ColumnPlace[]): SchemaDescription {
  const tables = schema.tables.map((table) => ({
    ...table,
    columns: table.columns.map((column) =>
      required.some((place) => place.table === table.name && place.column === column.name)
        ? { ...column, nullable: true }
        : column,
    ),
  }));
  return { ...schema, tables };
}

function retiredBy(
  alterations: readonly TableAlteration[],
  stored: SchemaDescription,
  wanted: SchemaDescription,
): string[] {
  const retired = new Set(stored.retired);
  for (const { before, after, renamedColumns, droppedColumns } of alterations) {
    if (after?.name !== before.name) retired.add(before.name);
    if (!after) continue;
    for (const column of [...renamedColumns.map(({ from }) => from), ...droppedColumns]) {
      retired.add(`${after.name}.${column}`);
    }
  }
  // What the schema has is wanted back.
  for (const { name, columns } of wanted.tables) {
    retired.delete(name);
    for (const column of columns) retired.delete(`${name}.${column.name}`);
  }
  return [...retired].sort();
}

function columnIn(table: string, place: string): string | null {
  return place.startsWith(`${table}.`) ? place.slice(table.length + 1) : null;
}
