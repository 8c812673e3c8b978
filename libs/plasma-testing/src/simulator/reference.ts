/** What a reference model is: the whole state of the tables, what each mutation makes of it, and who may see what. */

export type ModelRow = Readonly<Record<string, unknown>>;

/** Rows by table and id. Never changed: a mutation makes a new one. */
export type ModelState = Readonly<Record<string, ReadonlyMap<string, ModelRow>>>;

export interface ModelCall<Ctx> {
  readonly name: string;
  readonly args: unknown;
  readonly ctx: Ctx;
  /** The rows are those of a device: there is none among them that its person may not see. */
  readonly isOnDevice?: boolean;
}

export interface ModelResult {
  /** Null: it worked. */
  readonly code: string | null;
  readonly state: ModelState;
}

export interface ReferenceModel<Ctx> {
  readonly initial: ModelState;
  execute(state: ModelState, call: ModelCall<Ctx>): ModelResult | Promise<ModelResult>;
  sees(state: ModelState, ctx: Ctx, table: string, row: ModelRow): boolean;
  /** Outcomes that do not follow from the rows, and that a mutation may have instead of its own. */
  mayEndAs(call: ModelCall<Ctx>, code: string | null): boolean;
}

/** The part that a person may see. */
export function visibleTo<Ctx>(
  model: ReferenceModel<Ctx>,
  state: ModelState,
  ctx: Ctx,
): ModelState {
  return Object.fromEntries(
    Object.entries(state).map(([table, rows]) => [
      table,
      new Map([...rows].filter(([, row]) => model.sees(state, ctx, table, row))),
    ]),
  );
}

/** The first difference, in words; null if there is none. */
export function differenceOf(
  actual: Readonly<Record<string, ReadonlyMap<string, ModelRow>>>,
  expected: ModelState,
): string | null {
  for (const [table, rows] of Object.entries(expected)) {
    const own = actual[table] ?? new Map<string, ModelRow>();
    for (const [id, row] of rows) {
      const found = own.get(id);
      if (!found) return `${table} ${id} is missing: ${textOf(row)}`;
      if (textOf(found) !== textOf(row)) {
        return `${table} ${id} is ${textOf(found)} and should be ${textOf(row)}`;
      }
    }
    for (const [id, row] of own) {
      if (!rows.has(id)) return `${table} ${id} should not be there: ${textOf(row)}`;
    }
  }
  return null;
}

function textOf(row: ModelRow): string {
  return JSON.stringify(row, Object.keys(row).sort());
}
