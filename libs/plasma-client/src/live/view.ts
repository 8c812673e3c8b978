/** The result of one query, shared by everyone who watches it. */

import {
  encodeTagged,
  rowMatches,
  selectsOf,
  tablesOfCondition,
  tablesOfSelect,
} from "@sh1n4ps/plasma-core";
import type { QueryAst, Row, RowChange, SelectAst } from "@sh1n4ps/plasma-core";
import type { Answer } from "../replica/full-scans.ts";
import type { Rows } from "../replica/rows.ts";

export class View {
  readonly ast: QueryAst;
  /** Queries that are the same share it. */
  readonly key: string;
  readonly #tables: ReadonlySet<string>;
  /** A query over one table, whose condition looks at nothing but the row itself. */
  readonly #ownRowsOnly: SelectAst | null;
  readonly #answer: Answer;
  #rows: readonly Row[] | undefined;
  #version = -1;

  constructor(ast: QueryAst, key: string, answer: Answer) {
    this.ast = ast;
    this.#answer = answer;
    this.key = key;
    this.#tables = new Set(selectsOf(ast).flatMap((select) => [...tablesOfSelect(select)]));
    this.#ownRowsOnly = ast.kind === "select" && looksAtOwnRowsOnly(ast) ? ast : null;
  }

  /** The rows as of a version of the replica. The same array as before when they are the same. */
  read(source: Rows, version: number): readonly Row[] {
    if (this.#rows && this.#version === version) return this.#rows;
    const rows = this.#answer(this.ast, source);
    this.#version = version;
    this.#rows = this.#rows ? keepIdentity(this.#rows, rows) : rows;
    return this.#rows;
  }

  /** Carries the result over to the next version, unless the changes can touch it. */
  advance(changes: readonly RowChange[], source: Rows, version: number): void {
    if (this.#version !== version - 1) return;
    if (!changes.some((change) => this.#concerns(change, source))) this.#version = version;
  }

  #concerns({ table, before, after }: RowChange, source: Rows): boolean {
    if (!this.#tables.has(table)) return false;
    const query = this.#ownRowsOnly;
    return !query || [before, after].some((row) => row && rowMatches(query, row, source));
  }
}

/** Text that is equal for equal queries; undefined for one too deep to be written down, which then shares nothing. */
export function queryKey(ast: QueryAst): string | undefined {
  try {
    return JSON.stringify(encodeTagged(ast));
  } catch {
    return undefined;
  }
}

function looksAtOwnRowsOnly({ from, joins, where }: SelectAst): boolean {
  return from.kind === "table" && joins.length === 0 && tablesOfCondition(where).size === 0;
}

/** The new rows, with the old object in place of each that holds the same; the old list if nothing differs. */
function keepIdentity(old: readonly Row[], rows: readonly Row[]): readonly Row[] {
  const kept = withKnownRows(old, rows);
  return old.length === kept.length && old.every((row, at) => row === kept[at]) ? old : kept;
}

/** Rows of a table are the table's own objects; joined, projected and nested ones are built anew each time. */
function withKnownRows(old: readonly Row[], rows: readonly Row[]): readonly Row[] {
  const known = new Set(old);
  if (rows.every((row) => known.has(row))) return rows;
  const byContent = new Map(old.map((row) => [JSON.stringify(encodeTagged(row)), row]));
  return rows.map((row) => byContent.get(JSON.stringify(encodeTagged(row))) ?? row);
}
