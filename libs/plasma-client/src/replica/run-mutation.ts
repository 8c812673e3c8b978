/**
 * Running a mutator on the device: its reads see the rows below and its own writes, its writes become row images.
 *
 * One that has looked at local-only tables and nothing else stays on the device: the server could only run it on
 * nothing. Whoever reads or writes a synced table, or asks for the unrestricted db, has something to do there, even if
 * no row shows it here.
 */

import {
  checkUnique,
  executeWrite,
  filterRowsWith,
  invokeMutator,
  isLocalOnly,
  mutatorDb,
  PlasmaError,
  requireTable,
  tablesOfCondition,
  tablesOfSelect,
  valueKey,
} from "@sh1n4ps/plasma-core";
import type { AnyMutators, Row, Schema, Value, WriteStore } from "@sh1n4ps/plasma-core";
import type { RowImage } from "../storage/engine.ts";
import { authorizeOnDevice } from "./client-rules.ts";
import type { Pin } from "./pin.ts";
import type { Reads } from "./reads.ts";
import { layerImages, sameRow, selectRows, setInLayer, soughtBy, stack } from "./rows.ts";
import type { Layer, Rows } from "./rows.ts";

export interface MutatorWorld {
  readonly schema: Schema;
  readonly mutators: AnyMutators;
  readonly ctx: unknown;
}

export interface MutationCall {
  readonly name: string;
  /** The validator's input. */
  readonly args: unknown;
  readonly clientID: string;
  readonly mutationID: number;
}

export interface MutationEffect {
  /** The net effect on the rows below. */
  readonly images: RowImage[];
  readonly staysHere: boolean;
}

/** Throws what the mutator throws; then there is no effect. What it has looked at is noted in `reads` all the same. */
export async function runMutation(
  world: MutatorWorld,
  reads: Reads,
  call: MutationCall,
): Promise<MutationEffect> {
  const below = reads.rows;
  const touched = new Set<string>();
  let asksServer = false;
  const isLocal = (table: string) => isLocalOnly(requireTable(world.schema, table));
  const written: Layer = new Map();
  const rows = stack(below, written);
  const rowsFor = (pin: Pin | null) => (pin ? stack(reads.ofPinned(pin), written) : rows);
  let isOver = false;
  const store: WriteStore = {
    select: (query) => Promise.resolve(selectRows(query, rowsFor(soughtBy(query)))),
    rowsWith: (table, column, values) =>
      Promise.resolve(
        rowsWith(rowsFor({ table, column, keys: values.map(valueKey) }), table, { column, values }),
      ),
    authorize: async (table, changes) =>
      Promise.resolve(authorizeOnDevice(table, changes, { ctx: world.ctx, rows })),
    apply: ({ table, id, after }) => setInLayer(written, { table, id, row: after }),
  };
  const whileRunning = () => {
    if (isOver) {
      throw new PlasmaError(
        "mutation-over",
        `Mutator "${call.name}" used its db after it had ended. Await every query and write in it.`,
      );
    }
  };
  const db = mutatorDb(world.schema, {
    select: async (query) => {
      whileRunning();
      tablesOfSelect(query, touched);
      return store.select(query);
    },
    write: async (write) => {
      whileRunning();
      touched.add(write.table);
      if (write.kind !== "insert") tablesOfCondition(write.where, touched);
      return executeWrite(world.schema, store, write);
    },
  });
  try {
    const { name, args, clientID, mutationID } = call;
    await invokeMutator(world.mutators, name, {
      ...{ db, args, ctx: world.ctx, clientID, mutationID },
      onUnrestrictedDb: () => void (asksServer = true),
    });
  } finally {
    isOver = true;
  }
  const images = layerImages(written)
    .filter(({ table, id, row }) => !sameRow(below.get(table, id), row))
    .map((image) => (isLocal(image.table) ? { ...image, local: true as const } : image));
  for (const { table } of images) touched.add(table);
  await checkUnique(
    world.schema,
    store,
    images.map(({ table, id, row }) => ({
      table,
      id,
      before: below.get(table, id) ?? null,
      after: row,
    })),
  );
  const staysHere = !asksServer && touched.size > 0 && [...touched].every(isLocal);
  return { images, staysHere };
}

function rowsWith(
  rows: Rows,
  table: string,
  { column, values }: { readonly column: string; readonly values: readonly NonNullable<Value>[] },
): Row[] {
  if (column !== "id") return filterRowsWith(rows.rows(table), column, values);
  return [...new Set(values)]
    .map((id) => rows.get(table, id as string))
    .filter((row) => row !== undefined);
}
