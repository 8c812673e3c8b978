/**
 * A server in memory for tests of the replica: it runs the real mutators on its own rows, once each and in order,
 * and answers pulls with what changed since a cookie. Everybody may read everything.
 */

import {
  checkUnique,
  DISCARDED_CODE,
  encodeRow,
  executeWrite,
  filterRowsWith,
  invokeMutator,
  decodeTagged,
  evaluateSelect,
  mutatorDb,
  NOOP_MUTATOR,
  PlasmaError,
  requireTable,
} from "@sh1n4ps/plasma-core";
import type {
  AnyMutators,
  PullResponse,
  Rejection,
  Row,
  RowChange,
  Schema,
  WriteStore,
} from "@sh1n4ps/plasma-core";
import { layerImages, setInLayer, stack, tableRows } from "../replica/rows.ts";
import type { Layer } from "../replica/rows.ts";
import { SerialQueue } from "../replica/serial-queue.ts";
import type { PendingPush, PullState } from "../replica/sync-replica.ts";

export interface ModelServer {
  push(outbox: PendingPush, limit?: number): Promise<void>;
  /** One page, or several of `pageSize` operations. */
  pull(state: Pick<PullState, "cookie" | "clients">, pageSize?: number): PullResponse[];
  /** What somebody else does. */
  run(name: string, args: unknown): Promise<void>;
  rows(table: string): readonly Row[];
  lastMutationID(clientID: string): number;
  /** Names of the mutations that took effect, in order. */
  readonly effects: readonly string[];
}

export interface ModelServerOptions {
  readonly schema: Schema;
  readonly mutators: AnyMutators;
  readonly ctx: unknown;
}

export function modelServer({ schema, mutators, ctx }: ModelServerOptions): ModelServer {
  const tables = new Map<string, Map<string, Row>>();
  const log: { table: string; id: string }[] = [];
  const lastIDs = new Map<string, number>();
  const rejections: Rejection[] = [];
  const effects: string[] = [];
  const serial = new SerialQueue();

  const rowsOf = (table: string): Map<string, Row> => {
    let rows = tables.get(table);
    if (!rows) tables.set(table, (rows = new Map()));
    return rows;
  };

  /** Everything that a mutation does becomes visible in one step, together with its outcome. */
  async function execute(
    name: string,
    args: unknown,
    decided: (error?: unknown) => void,
  ): Promise<void> {
    const written: Layer = new Map();
    const rows = stack(tableRows(schema, tables), written);
    const changed: RowChange[] = [];
    const store: WriteStore = {
      select: (query) => Promise.resolve(evaluateSelect(query, rows)),
      rowsWith: (table, column, values) =>
        Promise.resolve(filterRowsWith(rows.rows(table), column, values)),
      authorize: () => Promise.resolve(),
      apply: (change) => {
        setInLayer(written, { table: change.table, id: change.id, row: change.after });
        changed.push(change);
      },
    };
    const db = mutatorDb(schema, {
      select: (query) => store.select(query),
      write: (write) => executeWrite(schema, store, write),
    });
    try {
      await invokeMutator(mutators, name, { db, args, ctx });
      await checkUnique(schema, store, changed);
    } catch (error) {
      return decided(error);
    }
    for (const { table, id, row } of layerImages(written)) {
      if (row) rowsOf(table).set(id, row);
      else rowsOf(table).delete(id);
      log.push({ table, id });
    }
    effects.push(name);
    decided();
  }

  return {
    effects,
    run: (name, args) =>
      serial.run(() =>
        execute(name, args, (error) => {
          if (error !== undefined) throw error as Error;
        }),
      ),
    rows: (table) => [...rowsOf(table).values()],
    lastMutationID: (clientID) => lastIDs.get(clientID) ?? 0,

    push: ({ clientID, mutations }, limit = Infinity) =>
      serial.run(async () => {
        for (const { id, name, args } of mutations.slice(0, limit)) {
          const last = lastIDs.get(clientID) ?? 0;
          if (id <= last) continue;
          if (id !== last + 1) throw new PlasmaError("gap", `Expected ${last + 1}, got ${id}.`);
          const decided = (error?: unknown) => {
            lastIDs.set(clientID, id);
            if (error === undefined) return;
            const code = error instanceof PlasmaError ? error.code : "mutation-error";
            const message = error instanceof Error ? error.message : String(error);
            rejections.push({ clientID, id, code, message });
          };
          if (name === NOOP_MUTATOR) decided(new PlasmaError(DISCARDED_CODE, "Discarded."));
          else await execute(name, decodeTagged(args), decided);
        }
      }),

    pull({ cookie, clients }, pageSize = Infinity) {
      const since = cookie === null ? null : Number(cookie);
      const ids = new Map(
        log.slice(since ?? 0).map((entry) => [`${entry.table} ${entry.id}`, entry]),
      );
      const operations = [...ids.values()].flatMap(
        ({ table, id }): PullResponse["patch"][number][] => {
          const row = rowsOf(table).get(id);
          if (row) return [{ op: "put", table, row: encodeRow(requireTable(schema, table), row) }];
          return since === null ? [] : [{ op: "del", table, id }];
        },
      );
      const patch = since === null ? [{ op: "clear" as const }, ...operations] : operations;
      const pages: PullResponse[] = [];
      for (let at = 0; at === 0 || at < patch.length; at += pageSize) {
        const isLast = at + pageSize >= patch.length;
        pages.push({
          cookie: String(log.length),
          patch: patch.slice(at, at + pageSize),
          hasMore: !isLast,
          lastMutationIDs: isLast
            ? Object.fromEntries(
                clients.map(({ clientID }) => [clientID, lastIDs.get(clientID) ?? 0]),
              )
            : {},
          rejections: isLast
            ? rejections.filter(({ clientID, id }) =>
                clients.some((client) => client.clientID === clientID && id > client.confirmed),
              )
            : [],
        });
      }
      return pages;
    },
  };
}
