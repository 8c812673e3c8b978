/** A world: a schema and its rows as plain data, so that it can be made at random, made smaller and printed. */

import {
  bigint,
  blob,
  boolean,
  completeRow,
  defineSchema,
  id,
  int,
  json,
  real,
  ref,
  table,
  text,
  timestamp,
} from "@sh1n4ps/plasma-core";
import type { AnyColumn, AnyTable, ColumnKind, Row, RowSource, Schema } from "@sh1n4ps/plasma-core";

export interface ColumnSpec {
  readonly kind: ColumnKind;
  readonly nullable?: boolean;
  readonly enum?: readonly [string, ...string[]];
  /** The table that a ref refers to. */
  readonly target?: string;
}

export interface TableSpec {
  /** Without the id, which every table has. */
  readonly columns: Readonly<Record<string, ColumnSpec>>;
  readonly indexes?: readonly (readonly string[])[];
  readonly rows: readonly Row[];
}

export type World = Readonly<Record<string, TableSpec>>;

/** What the engines are given. */
export interface LoadedWorld {
  readonly schema: Schema;
  readonly rows: ReadonlyMap<string, readonly Row[]>;
}

export function loadWorld(world: World): LoadedWorld {
  const tables: Record<string, AnyTable> = {};
  const idOf = (name: string) => (tables[name] as unknown as { id: AnyColumn }).id;
  for (const [name, { columns, indexes }] of Object.entries(world)) {
    const declared: Record<string, AnyColumn> = { id: id() };
    for (const [column, spec] of Object.entries(columns)) declared[column] = columnOf(spec, idOf);
    tables[name] = table(name, declared, { indexes: indexes ?? [] });
  }
  const schema = defineSchema(tables);
  const rows = new Map(
    Object.entries(world).map(([name, spec]) => [
      name,
      spec.rows.map((row) => completeRow(schema.byName.get(name)!, row)),
    ]),
  );
  return { schema, rows };
}

export function rowSourceOf({ schema, rows }: LoadedWorld): RowSource {
  return { schema, rows: (name) => rows.get(name) ?? [] };
}

function columnOf(spec: ColumnSpec, idOf: (table: string) => AnyColumn): AnyColumn {
  const column = plainColumn(spec, idOf);
  return spec.nullable ? column.nullable() : column;
}

function plainColumn(spec: ColumnSpec, idOf: (table: string) => AnyColumn): AnyColumn {
  switch (spec.kind) {
    case "id":
      return id();
    case "ref":
      return ref(() => idOf(spec.target!));
    case "text":
      return spec.enum ? text({ enum: spec.enum }) : text();
    case "int":
      return int();
    case "bigint":
      return bigint();
    case "real":
      return real();
    case "boolean":
      return boolean();
    case "timestamp":
      return timestamp();
    case "blob":
      return blob();
    case "json":
      return json();
  }
}
