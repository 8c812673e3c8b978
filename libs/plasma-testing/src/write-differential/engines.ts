/**
 * Three engines that run programs: a model over plain maps, a whole client that is offline, and a whole server over
 * better-sqlite3 whose committed rows come back through pulls.
 *
 * The model knows every row and asks references at the end, as the server's database does. A device holds only what
 * its person may read, so it lets references be.
 */

import {
  bindRule,
  checkUnique,
  decodeRow,
  encodeTagged,
  evaluateCondition,
  evaluateSelect,
  executeWrite,
  filterRowsWith,
  invokeMutator,
  mutatorDb,
  PlasmaAuthorizationError,
  PlasmaError,
  PROTOCOL_VERSION,
  requireTable,
  RULE_ROW,
} from "@sh1n4ps/plasma-core";
import type {
  PullResponse,
  PushResponse,
  Row,
  RowChange,
  RowSource,
  RuleKind,
  TableInfo,
  WriteStore,
} from "@sh1n4ps/plasma-core";
import { createMemoryEngine, createPlasmaClient } from "@sh1n4ps/plasma-client";
import { createSyncHandler, fromBetterSqlite3 } from "@sh1n4ps/plasma-server";
import Database from "better-sqlite3";
import { programMutators, schema } from "./program.ts";
import type { Ctx, Step, StepResult } from "./program.ts";

/** What a mutation came to. */
export interface Outcome {
  /** The code that it was refused with, or null. */
  readonly code: string | null;
  readonly log: readonly StepResult[];
}

export interface Engine {
  /** It holds what its person may read, and nothing else. */
  readonly isDevice: boolean;
  mutate(steps: readonly Step[]): Promise<Outcome>;
  /** All rows, or what the person may read of them, by table and id. */
  rows(): Promise<Record<string, Record<string, Row>>>;
  close(): Promise<void>;
}

const TABLES = [...schema.byName.keys()];

function codeOf(error: unknown): string {
  if (error instanceof PlasmaError) return error.code;
  throw error;
}

export function modelEngine(ctx: Ctx): Engine {
  let tables = new Map(TABLES.map((name) => [name, new Map<string, Row>()]));
  const rowsOf = (name: string) => tables.get(name) as Map<string, Row>;
  const everything: RowSource = { schema, rows: (name) => rowsOf(name).values() };
  const allows = (table: TableInfo, kind: RuleKind, row: Row): boolean => {
    const rule = bindRule(table, kind, ctx, { default: "allow" });
    if (rule.kind === "predicate") return rule.allows(row);
    return evaluateCondition(rule.condition, everything, new Map([[RULE_ROW, row]])) === true;
  };
  const visible: RowSource = {
    schema,
    rows: (name) =>
      [...rowsOf(name).values()].filter((row) => allows(requireTable(schema, name), "read", row)),
  };
  let log: readonly StepResult[] = [];
  const mutators = programMutators((results) => (log = results));

  return {
    isDevice: false,
    async mutate(steps) {
      const before = new Map([...tables].map(([name, rows]) => [name, new Map(rows)]));
      const changes: RowChange[] = [];
      const store: WriteStore = {
        select: async (query) => evaluateSelect(query, visible),
        rowsWith: async (name, column, values) =>
          filterRowsWith(rowsOf(name).values(), column, values),
        authorize: async (table, asked) => {
          const images = asked.flatMap((change) => [change.before, change.after]);
          const isAllowed = (row: Row | null) => row === null || allows(table, "write", row);
          if (!images.every(isAllowed)) throw new PlasmaAuthorizationError();
        },
        apply: (change) => {
          changes.push(change);
          if (change.after) rowsOf(change.table).set(change.id, change.after);
          else rowsOf(change.table).delete(change.id);
        },
      };
      const db = mutatorDb(schema, {
        select: (query) => store.select(query),
        write: (write) => executeWrite(schema, store, write),
      });
      log = [];
      try {
        await invokeMutator(mutators, "program", { db, args: { steps }, ctx });
        await checkUnique(schema, store, changes);
        requireReferences(everything);
        return { code: null, log };
      } catch (error) {
        tables = before;
        return { code: codeOf(error), log };
      }
    },
    rows: async () => byId((name) => visible.rows(name)),
    close: async () => undefined,
  };
}

function requireReferences(source: RowSource): void {
  for (const { name, columns } of schema.byName.values()) {
    for (const column of Object.values(columns)) {
      const target = column.reference?.column().table;
      if (target === undefined) continue;
      const ids = new Set([...source.rows(target)].map((row) => row["id"]));
      for (const row of source.rows(name)) {
        if (row[column.name] === null || ids.has(row[column.name])) continue;
        throw new PlasmaError("missing-reference", "A row refers to one that does not exist.");
      }
    }
  }
}

export function clientEngine(ctx: Ctx): Engine {
  let log: readonly StepResult[] = [];
  const client = createPlasmaClient({
    schema,
    mutators: programMutators((results) => (log = results)),
    dbName: "differential",
    endpoint: "http://differential.invalid/sync",
    schemaVersion: "1",
    clientGroupID: "ada",
    getContext: () => ctx,
    offline: true,
    engine: createMemoryEngine(),
    logLevel: "silent",
  });
  return {
    isDevice: true,
    async mutate(steps) {
      log = [];
      const handle = client.mutate("program", { steps: [...steps] });
      // Offline, the server never speaks.
      handle.confirmed.catch(() => undefined);
      try {
        await handle;
        return { code: null, log };
      } catch (error) {
        return { code: codeOf(error), log };
      }
    },
    async rows() {
      const tables: Record<string, readonly Row[]> = {
        folders: await client.db.select().from(schema.tables.folders),
        items: await client.db.select().from(schema.tables.items),
      };
      return byId((name) => tables[name] ?? []);
    },
    close: () => client.dispose(),
  };
}

export function serverEngine(ctx: Ctx): Engine {
  const database = new Database(":memory:");
  let log: readonly StepResult[] = [];
  let bug: Error | null = null;
  const handler = createSyncHandler<Ctx>({
    schema,
    mutators: programMutators((results) => (log = results)),
    executor: fromBetterSqlite3(database),
    schemaVersion: "1",
    auth: () => ({ ok: true, clientGroupID: "ada", clientID: "tab", ctx }),
    onError: ({ kind, cause }) => {
      if (kind !== "tables-without-rules") bug ??= new Error(kind, { cause });
    },
  });
  const ask = async (path: string, body: object): Promise<unknown> => {
    const response = await handler(
      new Request(`http://differential.invalid/sync/${path}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-plasma-client-id": "tab",
          "x-plasma-client-group-id": "ada",
        },
        body: JSON.stringify({
          protocolVersion: PROTOCOL_VERSION,
          schemaVersion: "1",
          clientGroupID: "ada",
          ...body,
        }),
      }),
    );
    const answer: unknown = await response.json();
    if (response.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const known = new Map(TABLES.map((name) => [name, new Map<string, Row>()]));
  let cookie: string | null = null;
  let lastID = 0;

  return {
    isDevice: false,
    async mutate(steps) {
      log = [];
      const id = ++lastID;
      const mutation = { id, uid: `uid-${id}-00000000`, name: "program", timestamp: 0 };
      const { results } = (await ask("push", {
        clientID: "tab",
        confirmed: 0,
        mutations: [{ ...mutation, args: encodeTagged({ steps }) }],
      })) as PushResponse;
      const [result] = results;
      if (bug !== null) throw bug;
      return { code: result?.status === "error" ? result.code : null, log };
    },
    async rows() {
      const clients = [{ clientID: "tab", confirmed: 0 }];
      for (let hasMore = true; hasMore;) {
        const page = (await ask("pull", { clientID: "tab", cookie, clients })) as PullResponse;
        for (const operation of page.patch) {
          if (operation.op === "clear") for (const rows of known.values()) rows.clear();
          else if (operation.op === "del") known.get(operation.table)?.delete(operation.id);
          else {
            const row = decodeRow(requireTable(schema, operation.table), operation.row);
            known.get(operation.table)?.set(row["id"] as string, row);
          }
        }
        ({ cookie, hasMore } = page);
      }
      return byId((name) => known.get(name)?.values() ?? []);
    },
    close: async () => void database.close(),
  };
}

function byId(rows: (table: string) => Iterable<Row>): Record<string, Record<string, Row>> {
  return Object.fromEntries(
    TABLES.map((name) => [
      name,
      Object.fromEntries([...rows(name)].map((row) => [row["id"] as string, row])),
    ]),
  );
}
