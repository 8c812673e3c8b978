/**
 * Relations follow from the schema's refs. A column `listId` that refers to `lists` gives each of its rows `list`, and
 * each list `todos`, the name of the referring table. A ref column without the ending `Id`, such as `owner`, gives
 * `ownerRow`. Where a table refers to another one several times, the way back is named after the column as well:
 * `todosByCreator`, `todosByAssignee`.
 */

import { PlasmaError } from "../errors.ts";
import type { Column } from "../schema/column.ts";
import { requireTable } from "../schema/schema.ts";
import type { Schema } from "../schema/schema.ts";
import type { AnyTable, TableColumns, TableName } from "../schema/table.ts";

export interface Relation {
  readonly name: string;
  readonly cardinality: "one" | "many";
  readonly table: string;
  readonly parentColumn: string;
  readonly childColumn: string;
  /** What else has this name, in words. */
  readonly ambiguous: string | null;
}

/** `listId` → `list`, `owner` → `ownerRow`. */
export type RelationName<K extends string> = K extends `${infer Base}Id` ? Base : `${K}Row`;

/** The table a column refers to; never for other columns and for refs whose target type was given up. */
type TargetOf<C> =
  // Inference only: the data type of the column does not matter here.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  C extends Column<any, boolean, infer Target>
    ? Target extends string
      ? string extends Target
        ? never
        : Target
      : never
    : never;

type HasTarget<C> = [TargetOf<C>] extends [never] ? false : true;
type IsUnion<T, Whole = T> = T extends unknown ? ([Whole] extends [T] ? false : true) : never;

export type OneRelations<T extends AnyTable> = {
  [
    K in keyof TableColumns<T> & string as HasTarget<TableColumns<T>[K]> extends true
      ? RelationName<K>
      : never
  ]: TargetOf<TableColumns<T>[K]>;
};

type TablesOf<S extends Schema> = S["tables"];

/** A column that refers to another table. */
interface Edge {
  readonly from: string;
  readonly column: string;
  readonly target: string;
}

type EdgesFrom<U extends AnyTable> = {
  [K in keyof TableColumns<U> & string]: HasTarget<TableColumns<U>[K]> extends true
    ? {
        readonly from: TableName<U>;
        readonly column: K;
        readonly target: TargetOf<TableColumns<U>[K]>;
      }
    : never;
}[keyof TableColumns<U> & string];

type EdgesOf<S extends Schema> = {
  [U in keyof TablesOf<S> & string]: EdgesFrom<TablesOf<S>[U]>;
}[keyof TablesOf<S> & string];

/** The edges to each table. Of the whole schema at once, so that the compiler looks at each column once. */
type Incoming<S extends Schema> = {
  [E in EdgesOf<S> & Edge as E["target"]]: E;
};

type ManyName<E extends Edge, All> =
  IsUnion<Extract<All, { readonly from: E["from"] }>> extends true
    ? `${E["from"]}By${Capitalize<RelationName<E["column"]>>}`
    : E["from"];

type ManyOf<All extends Edge> = { [E in All as ManyName<E, All>]: E["from"] };

export type ManyRelations<S extends Schema, T extends AnyTable> =
  TableName<T> extends keyof Incoming<S>
    ? ManyOf<Incoming<S>[TableName<T>] & Edge>
    : Record<never, never>;

type Relations = ReadonlyMap<string, Relation>;
const relationCache = new WeakMap<Schema, Map<string, Relations>>();

/**
 * The relations of a table, by name. One whose name is taken, by a column or by another relation, is `ambiguous`: a
 * schema may have such, as long as nobody asks for it.
 */
export function relationsOf(schema: Schema, tableName: string): Relations {
  let ofSchema = relationCache.get(schema);
  if (!ofSchema) relationCache.set(schema, (ofSchema = new Map<string, Relations>()));
  let relations = ofSchema.get(tableName);
  if (!relations) ofSchema.set(tableName, (relations = deriveRelations(schema, tableName)));
  return relations;
}

export function requireRelation(schema: Schema, tableName: string, name: string): Relation {
  const relations = relationsOf(schema, tableName);
  const relation = relations.get(name);
  if (relation?.ambiguous) {
    throw new PlasmaError(
      "ambiguous-relation",
      `The relation "${name}" of table "${tableName}" has the name of ${relation.ambiguous}. Rename that, or the column that refers (a reference "xId" gives the relation "x").`,
    );
  }
  if (relation) return relation;
  const known = [...relations.keys()].join(", ") || "none";
  throw new PlasmaError(
    "unknown-relation",
    `Table "${tableName}" has no relation "${name}". It has: ${known}.`,
  );
}

function deriveRelations(schema: Schema, tableName: string): Map<string, Relation> {
  const relations = new Map<string, Relation>();
  const table = requireTable(schema, tableName);
  const add = (relation: Omit<Relation, "ambiguous">) => {
    const { name } = relation;
    const ambiguous = table.columnNames.includes(name)
      ? "one of its columns"
      : relations.has(name)
        ? "another one"
        : null;
    relations.set(name, { ...relation, ambiguous });
  };
  for (const name of table.columnNames) {
    const target = table.columns[name]?.reference?.column().table;
    if (target === undefined) continue;
    add({
      name: relationName(name),
      cardinality: "one",
      table: target,
      parentColumn: name,
      childColumn: "id",
    });
  }
  const incoming = schema.references.get(tableName) ?? [];
  for (const { table: from, column } of incoming) {
    const several = incoming.filter((reference) => reference.table === from).length > 1;
    const name = several ? `${from}By${capitalize(relationName(column))}` : from;
    add({
      name,
      cardinality: "many",
      table: from,
      parentColumn: "id",
      childColumn: column,
    });
  }
  return relations;
}

function relationName(column: string): string {
  return column.length > 2 && column.endsWith("Id") ? column.slice(0, -2) : `${column}Row`;
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
