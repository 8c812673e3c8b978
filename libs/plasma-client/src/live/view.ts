/** The result of one query, shared by everyone who watches it. */

import { encodeTagged, rowMatches, tablesOfCondition, tablesOfSelect } from "@sh1n4ps/plasma-core";
import type { Row, RowChange, SelectAst } from "@sh1n4ps/plasma-core";
import { selectRows } from "../replica/rows.ts";
import type { Rows } from "../replica/rows.ts";

export class View {
  readonly ast: SelectAst;
  /** Queries that are the same share it. */
  readonly key: string;
  readonly #tables: ReadonlySet<string>;
  /** The condition looks at nothing but the row itself. */
  readonly #isOwnRowOnly: boolean;
  #rows: readonly Row[] | undefined;
  #version = -1;

  constructor(ast: SelectAst, key: string) {
    this.ast = ast;
    this.key = key;
    this.#tables = tablesOfSelect(ast);
    this.#isOwnRowOnly = tablesOfCondition(ast.where).size === 0;
  }

  /** The rows as of a version of the replica. The same array as before when they are the same. */
  read(source: Rows, version: number): readonly Row[] {
    if (this.#rows && this.#version === version) return this.#rows;
    const rows = selectRows(this.ast, source);
    this.#version = version;
    if (!this.#rows || !isSameList(this.#rows, rows)) this.#rows = rows;
    return this.#rows;
  }

  /** Carries the result over to the next version, unless the changes can touch it. */
  advance(changes: readonly RowChange[], source: Rows, version: number): void {
    if (this.#version !== version - 1) return;
    if (!changes.some((change) => this.#concerns(change, source))) this.#version = version;
  }

  #concerns({ table, before, after }: RowChange, source: Rows): boolean {
    if (!this.#tables.has(table)) return false;
    if (!this.#isOwnRowOnly) return true;
    return [before, after].some((row) => row && rowMatches(this.ast, row, source));
  }
}

/** Text that is equal for equal queries; undefined for one too deep to be written down, which then shares nothing. */
export function queryKey(ast: SelectAst): string | undefined {
  try {
    return JSON.stringify(encodeTagged(ast));
  } catch {
    return undefined;
  }
}

function isSameList(left: readonly Row[], right: readonly Row[]): boolean {
  return left.length === right.length && left.every((row, at) => row === right[at]);
}
