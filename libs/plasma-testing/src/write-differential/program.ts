/** Random programs of writes: the tables, what a step is, and the mutator that carries a program out. */

import {
  and,
  bigint,
  blob,
  boolean,
  defineMutators,
  defineSchema,
  eq,
  gte,
  id,
  int,
  isNull,
  json,
  lte,
  PlasmaError,
  real,
  ref,
  table,
  text,
  timestamp,
} from "@sh1n4ps/plasma-core";
import type { AnyColumn, Condition, MutatorDb, Row } from "@sh1n4ps/plasma-core";
import fc from "fast-check";

export interface Ctx {
  /** Rows of a higher rank may not be written. */
  limit: number;
  /** Whether rows that are secret may be read. */
  readonly seesAll: boolean;
}

export const LIMIT = 5;
/** The limit of whoever makes the first mutation, so that there are rows that may not be written later. */
export const FIRST_LIMIT = 9;

export const folders = table("folders", {
  id: id(),
  name: text().nullable().unique(),
  parentId: ref((): AnyColumn => folders.id, { onDelete: "cascade" }).nullable(),
});

export const items = table(
  "items",
  {
    id: id(),
    folderId: ref(() => folders.id, { onDelete: "cascade" }).nullable(),
    heldBy: ref(() => folders.id, { onDelete: "restrict" }).nullable(),
    linkedTo: ref(() => folders.id, { onDelete: "setNull" }).nullable(),
    seenIn: ref(() => folders.id, { onDelete: "noAction" }).nullable(),
    rank: int().default(0),
    secret: boolean().default(false),
    slot: int().nullable().unique(),
    code: text().nullable().unique(),
    big: bigint().nullable().unique(),
    moment: timestamp().nullable().unique(),
    bytes: blob().nullable().unique(),
    weight: real().nullable(),
    extra: json().nullable(),
    kind: text({ enum: ["a", "b"] }).default("a"),
  },
  {
    auth: {
      read: (ctx: Ctx, row) => (ctx.seesAll ? and() : eq(row.secret, false)),
      write: (ctx: Ctx, row) => lte(row.rank, ctx.limit),
    },
    indexes: [["folderId", "rank"]],
  },
);

export const schema = defineSchema({ folders, items });

type Values = Readonly<Record<string, unknown>>;

type Where =
  | { readonly kind: "all" }
  | { readonly kind: "id"; readonly id: string }
  | { readonly kind: "rank"; readonly from: number }
  | { readonly kind: "no-code" };

type Write =
  | {
      readonly kind: "insert";
      readonly rows: readonly Values[];
      readonly onConflict:
        null | "nothing" | { readonly target: readonly string[]; readonly set: Values };
    }
  | { readonly kind: "update"; readonly patch: Values; readonly where: Where }
  | {
      readonly kind: "increment";
      readonly column: string;
      readonly delta: unknown;
      readonly where: Where;
    }
  | { readonly kind: "delete"; readonly where: Where };

export interface Step {
  readonly table: "folders" | "items";
  readonly write: Write;
  readonly returning: boolean;
  /** Whether the mutator catches the error and goes on. */
  readonly guarded: boolean;
}

/** What a step came to: its result, or the code of its error. */
export type StepResult = unknown;

/** `begin` is given the list that a run will fill: a mutator may have to run again, and only the last run counts. */
export function programMutators(begin: (results: readonly StepResult[]) => void) {
  return defineMutators<typeof schema, Ctx>()({
    program: async ({ db, args }: { db: MutatorDb<typeof schema>; args: { steps: Step[] } }) => {
      const results: StepResult[] = [];
      begin(results);
      for (const step of args.steps) {
        try {
          results.push(await runStep(db, step));
        } catch (error) {
          if (!(error instanceof PlasmaError)) throw error;
          results.push(error.code);
          if (!step.guarded) throw error;
        }
      }
    },
  });
}

function runStep(
  db: MutatorDb<typeof schema>,
  { table: name, write, returning }: Step,
): PromiseLike<unknown> {
  // One table at a time, as the types would have it.
  const target = (name === "items" ? items : folders) as typeof items;
  const query = () => {
    switch (write.kind) {
      case "insert": {
        const insert = db.insert(target).values(write.rows as never);
        if (write.onConflict === null) return insert;
        if (write.onConflict === "nothing") return insert.onConflictDoNothing();
        return insert.onConflictDoUpdate({
          target: write.onConflict.target.map((column) => target[column as "id"]),
          set: write.onConflict.set,
        });
      }
      case "update": {
        const update = db.update(target).set(write.patch);
        const where = condition(target, write.where);
        return where ? update.where(where) : update;
      }
      case "increment": {
        const increment = db.increment(target[write.column as "rank"], write.delta as number);
        const where = condition(target, write.where);
        return where ? increment.where(where) : increment;
      }
      case "delete": {
        const where = condition(target, write.where);
        return where ? db.delete(target).where(where) : db.delete(target);
      }
    }
  };
  return returning ? query().returning() : query();
}

function condition(target: typeof items, where: Where): Condition | null {
  switch (where.kind) {
    case "all":
      return null;
    case "id":
      return eq(target.id, where.id);
    case "rank":
      return target.rank ? gte(target.rank, where.from) : null;
    case "no-code":
      return target.code ? isNull(target.code) : null;
  }
}

const FOLDER_IDS = ["f1", "f2", "f3", "f4"];
const ITEM_IDS = ["i1", "i2", "i3", "i4", "i5"];

const rarely = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value });
const folderId = fc.constantFrom(...FOLDER_IDS);
const folderValues = {
  name: fc.option(fc.constantFrom("A", "a", "ä", "😀", "")),
  parentId: rarely(folderId),
};
const itemValues = {
  folderId: rarely(folderId),
  heldBy: rarely(folderId),
  linkedTo: rarely(folderId),
  seenIn: rarely(folderId),
  rank: fc.oneof(
    { weight: 8, arbitrary: fc.nat(LIMIT) },
    { weight: 2, arbitrary: fc.constant(LIMIT + 1) },
    { weight: 1, arbitrary: fc.constant(0.5) },
  ),
  secret: fc.boolean(),
  slot: fc.option(fc.nat(5)),
  code: fc.option(fc.constantFrom("x", "X", "y", "z", "\u{1f600}")),
  big: fc.option(fc.constantFrom(0n, 1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n))),
  moment: fc.option(fc.constantFrom(new Date(0), new Date(1), new Date(-5))),
  bytes: fc.option(
    fc.constantFrom(new Uint8Array(), new Uint8Array([0]), new Uint8Array([0, 255])),
  ),
  weight: fc.option(fc.constantFrom(0.5, -2.25, 0.1, 1e300, Number.MAX_VALUE)),
  extra: fc.option(fc.jsonValue({ maxDepth: 1 }).map((value) => value as Row)),
  kind: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom("a", "b") },
    { weight: 1, arbitrary: fc.constant("c") },
  ),
};

const whereOf = (ids: readonly string[]): fc.Arbitrary<Where> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant("id" as const), id: fc.constantFrom(...ids) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("rank" as const), from: fc.nat(LIMIT) }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: "no-code" as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: "all" as const }) },
  );

function writesOf(options: {
  readonly ids: readonly string[];
  readonly values: Record<string, fc.Arbitrary<unknown>>;
  readonly unique: readonly string[];
}): fc.Arbitrary<Write> {
  const { ids, values, unique } = options;
  const columns = Object.keys(values);
  const patch = fc
    .subarray(columns, { maxLength: Math.min(3, columns.length) })
    .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, values[name]!]))));
  const row = fc
    .tuple(fc.constantFrom(...ids), patch)
    .map(([key, given]): Values => ({ ...given, id: key }));
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant("insert" as const),
        rows: fc.array(row, { maxLength: 3 }),
        onConflict: fc.oneof(
          fc.constant(null),
          fc.constant("nothing" as const),
          fc.record({
            target: fc.subarray([...unique], { minLength: 1, maxLength: 2 }),
            set: patch,
          }),
        ),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("update" as const),
        patch,
        where: whereOf(ids),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("delete" as const), where: whereOf(ids) }),
    },
  );
}

const increment: fc.Arbitrary<Write> = fc
  .constantFrom<[string, unknown][]>(
    ["rank", 1],
    ["rank", -1],
    ["slot", 1],
    ["slot", 2 ** 53],
    ["big", 1n],
    ["big", -(2n ** 62n)],
    ["weight", 0.25],
    ["weight", Number.MAX_VALUE],
    ["code", 1],
    ["rank", 1n],
    ["rank", null],
  )
  .chain(([column, delta]) =>
    fc.record({
      kind: fc.constant("increment" as const),
      column: fc.constant(column),
      delta: fc.constant(delta),
      where: whereOf(ITEM_IDS),
    }),
  );

const itemWrite = fc.oneof(
  {
    weight: 5,
    arbitrary: writesOf({
      ids: ITEM_IDS,
      values: itemValues,
      unique: ["id", "slot", "code", "big", "moment", "bytes"],
    }),
  },
  { weight: 1, arbitrary: increment },
);
const folderWrite = writesOf({ ids: FOLDER_IDS, values: folderValues, unique: ["id", "name"] });

const stepOf = (name: Step["table"], write: fc.Arbitrary<Write>): fc.Arbitrary<Step> =>
  fc.record({
    table: fc.constant(name),
    write,
    returning: fc.boolean(),
    guarded: fc.boolean(),
  });

const FIRST_ROWS: Step[] = [
  {
    table: "folders",
    write: {
      kind: "insert",
      rows: [
        { id: "f1", name: "A" },
        { id: "f2", name: "a", parentId: "f1" },
        { id: "f3" },
        { id: "f4", parentId: "f2" },
      ],
      onConflict: null,
    },
    returning: false,
    guarded: false,
  },
  {
    table: "items",
    write: {
      kind: "insert",
      rows: [
        { id: "i1", folderId: "f1", heldBy: "f3", slot: 1, code: "x", big: 1n },
        { id: "i2", linkedTo: "f1", slot: 2, code: "y", weight: 0.5, rank: 3 },
        { id: "i3", folderId: "f2", seenIn: "f4", secret: true, moment: new Date(1) },
        { id: "i4", bytes: new Uint8Array([0]), big: 2n ** 63n - 1n, rank: LIMIT },
        { id: "i5", code: "z", rank: FIRST_LIMIT },
      ],
      onConflict: null,
    },
    returning: false,
    guarded: false,
  },
];

/** Mutations, each a list of steps. Most programs begin with some rows. */
export const program: fc.Arbitrary<Step[][]> = fc
  .tuple(
    fc.boolean(),
    fc.array(
      fc.array(
        fc.oneof(
          { weight: 3, arbitrary: stepOf("items", itemWrite) },
          { weight: 1, arbitrary: stepOf("folders", folderWrite) },
        ),
        { minLength: 1, maxLength: 4 },
      ),
      { minLength: 1, maxLength: 6 },
    ),
  )
  .map(([isEmpty, mutations]) => (isEmpty ? mutations : [FIRST_ROWS, ...mutations]));
