/**
 * Answers to queries before everything is loaded: those that ask for rows of one table with certain values, where storage
 * keeps such rows together.
 *
 * 1. They are what the query gives when all is loaded, or there is none: confirmed rows as of the last pull, with what
 *    pending mutations wrote on top. Where these would have to be run again first, there is no early answer.
 * 2. They are asked for before loading begins, which waits for them; later there is nothing to gain.
 * 3. A row that is loaded as it was answered stays the same object.
 */

import {
  compareForSort,
  evaluateSelect,
  isLocalOnly,
  readingsOf,
  requireTable,
  selectsOf,
} from "@sh1n4ps/plasma-core";
import type {
  LiveQueryStatus,
  QueryAst,
  Row,
  Schema,
  SelectAst,
  Value,
} from "@sh1n4ps/plasma-core";
import type { Engine, PartAsked, PartWindow, StoredPart, StoredState } from "../storage/engine.ts";
import { blindOnes, fromStored } from "./pending-mutation.ts";
import { conjuncts, equalitiesOf } from "./pin.ts";
import { sameRow } from "./rows.ts";
import type { RowTables } from "./rows.ts";

export interface EarlyAnswer {
  readonly rows: readonly Row[];
  readonly status: LiveQueryStatus;
}

export class EarlyAnswers {
  readonly #options: { readonly schema: Schema; readonly engine: Engine };
  readonly #asked = new Set<Promise<unknown>>();
  readonly #answered: RowTables = new Map();
  #isOver = false;

  constructor(options: { readonly schema: Schema; readonly engine: Engine }) {
    this.#options = options;
  }

  /** Null: wait until all is loaded. Never rejects. */
  ask(ast: QueryAst): Promise<EarlyAnswer | null> {
    if (this.#isOver || !this.#options.engine.loadPart) return Promise.resolve(null);
    const asking = this.#begin(ast).catch(() => null);
    this.#asked.add(asking);
    return asking;
  }

  /** Asks storage in the caller's turn, so that it comes before loading. */
  async #begin(ast: QueryAst): Promise<EarlyAnswer | null> {
    const query = queryOfOneTable(ast);
    const equal = query && equalitiesOf(query);
    if (!query || !equal || equal.values.size === 0) return null;
    // Their rows lie elsewhere, and are few.
    if (isLocalOnly(requireTable(this.#options.schema, equal.table))) return null;
    const window = windowOf(query, equal.values);
    return this.#ask(query, { ...equal, ...(window && { window }) });
  }

  async #ask(query: SelectAst, asked: PartAsked): Promise<EarlyAnswer | null> {
    const part = (await this.#options.engine.loadPart?.(asked)) ?? null;
    if (!part) return null;
    const answer = this.#answer(query, asked.table, part);
    const isAll = part.until === null || answer === null;
    if (isAll || isWithin(answer.rows, query, part.until)) return answer;
    const { table, values } = asked;
    return this.#ask(query, { table, values });
  }

  /** Nothing more is answered early. Resolves when what was asked for before is here. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#asked);
    this.#asked.clear();
  }

  /** What was loaded, with the same row objects in it that were in answers. */
  keepIdentity(stored: StoredState): StoredState {
    if (this.#answered.size === 0) return stored;
    const answeredOr = (table: string, row: Row) => {
      const answered = this.#answered.get(table)?.get(row["id"] as string);
      return answered && sameRow(answered, row) ? answered : row;
    };
    for (const [table, answered] of this.#answered) {
      const rows = stored.base.get(table) as Map<string, Row> | undefined;
      for (const [id, row] of answered) if (sameRow(rows?.get(id), row)) rows?.set(id, row);
    }
    const outbox = stored.outbox.map((entry) => {
      const images = entry.images.map((image) =>
        image.row ? { ...image, row: answeredOr(image.table, image.row) } : image,
      );
      return { ...entry, images };
    });
    this.#answered.clear();
    return { ...stored, outbox };
  }

  #answer(query: SelectAst, table: string, part: StoredPart): EarlyAnswer | null {
    const pending = part.outbox.map(fromStored);
    const isRight = pending.every(({ entry }) => entry.baseSeq >= part.baseSeq);
    if (!isRight || blindOnes(pending).size > 0) return null;
    const rows = new Map(part.rows);
    for (const image of pending.flatMap(({ entry }) => entry.images)) {
      if (image.table !== table) continue;
      if (image.row) rows.set(image.id, image.row);
      else rows.delete(image.id);
    }
    const { schema } = this.#options;
    const answer = evaluateSelect(query, { schema, rows: () => rows.values() });
    const earlier = this.#answered.get(table) ?? [];
    this.#answered.set(table, new Map([...earlier, ...rows]));
    return { rows: answer, status: part.syncedAt === null ? "partial" : "complete" };
  }
}

/** The window of rows that a query wants, if nothing but these values says which. */
function windowOf(query: SelectAst, values: ReadonlyMap<string, Value>): PartWindow | undefined {
  const { limit, offset, orderBy, projection, distinct, groupBy, where } = query;
  const isPlain = projection === null && !distinct && groupBy.length === 0;
  if (limit === null || !isPlain || (where && conjuncts(where).length !== values.size))
    return undefined;
  const descending = orderBy[0]?.direction === "desc";
  const columns: string[] = [];
  for (const { operand, direction } of orderBy) {
    if (operand.kind !== "column" || (direction === "desc") !== descending) return undefined;
    columns.push(operand.column);
  }
  return columns.length === 0 ? undefined : { columns, descending, count: limit + offset };
}

/** Whether no row could be among these that has other values in the columns of the order, from these on. */
function isWithin(
  rows: readonly Row[],
  { orderBy, limit }: SelectAst,
  until: readonly Value[],
): boolean {
  const last = rows.at(-1);
  if (!last || rows.length !== limit) return false;
  for (const [at, { operand, direction }] of orderBy.entries()) {
    const column = operand.kind === "column" ? operand.column : "";
    const order = compareForSort((last[column] ?? null) as Value, until[at] as Value);
    if (order !== 0) return direction === "desc" ? order > 0 : order < 0;
  }
  return false;
}

/** A query that reads one table, once. */
function queryOfOneTable(ast: QueryAst): SelectAst | null {
  if (ast.kind !== "select") return null;
  return selectsOf(ast).flatMap(readingsOf).length === 1 ? ast : null;
}
