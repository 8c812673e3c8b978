/**
 * W8: mutations a second on the server. One person's client adds todos to a list of theirs and now and then ticks one off, in
 * pushes of some size; by plasma, and by SQL written by hand that leaves the same rows: the todo, its history, the
 * change log, the outcome, the client's last mutation id and the version.
 */

import { defineMutators, defineSchema, eq, id, boolean, table, text } from "@sh1n4ps/plasma-core";
import type { MutatorInput } from "@sh1n4ps/plasma-core";
import { createSyncHandler, ensureSchema } from "@sh1n4ps/plasma-server";
import type { SqlExecutor, Statement } from "@sh1n4ps/plasma-server";

interface Ctx {
  readonly userId: string;
}

const todos = table(
  "todos",
  { id: id(), ownerId: text(), title: text(), done: boolean().default(false) },
  {
    auth: {
      read: (ctx: Ctx, row) => eq(row.ownerId, ctx.userId),
      write: (ctx: Ctx, row) => eq(row.ownerId, ctx.userId),
    },
    indexes: [["ownerId"]],
  },
);
const schema = defineSchema({ todos });

const mutators = defineMutators<typeof schema, Ctx>()({
  addTodo: async ({ db, args, ctx }: MutatorInput<Ctx, { id: string; title: string }>) => {
    await db.insert(todos).values({ ...args, ownerId: ctx.userId });
  },
  tickOff: async ({ db, args }: MutatorInput<Ctx, { id: string }>) => {
    await db.update(todos).set({ done: true }).where(eq(todos.id, args.id));
  },
});

export interface Run {
  readonly mutations: number;
  /** How many go into one push, and into one transaction of the SQL by hand. */
  readonly each: number;
}

/** A server: takes a push, and answers when it is committed. */
export interface Contestant {
  handle(request: Request): Promise<Response>;
  readonly executor: SqlExecutor;
}

/** Each tenth mutation ticks off the todo that the one before it has added. */
function mutationOf(number: number) {
  return number % 10 === 0
    ? { name: "tickOff", args: { id: `t${number - 1}` } }
    : { name: "addTodo", args: { id: `t${number}`, title: `A thing to do, number ${number}` } };
}

export async function plasma(executor: SqlExecutor): Promise<Contestant> {
  await ensureSchema({ schema, executor });
  const handler = createSyncHandler<Ctx>({
    schema,
    mutators,
    executor,
    schemaVersion: "1",
    maxMutationsPerPush: 1000,
    auth: () => ({ ok: true, clientGroupID: "ada", clientID: "c", ctx: { userId: "ada" } }),
    onError: (error) => {
      throw error;
    },
  });
  return { handle: handler, executor };
}

/** The same tables without their triggers, because here the SQL itself writes the log. */
export async function byHand(executor: SqlExecutor): Promise<Contestant> {
  await ensureSchema({ schema, executor });
  await dropTriggers(executor);
  let version = 0;
  return {
    executor,
    async handle(request) {
      const { mutations } = (await request.json()) as Push;
      version++;
      await executor.batch(statementsOf(mutations, version));
      return Response.json({ lastMutationID: mutations.at(-1)!.id });
    },
  };
}

interface Push {
  readonly mutations: readonly {
    readonly id: number;
    readonly uid: string;
    readonly name: string;
    readonly args: { readonly id: string; readonly title?: string };
  }[];
}

function statementsOf(mutations: Push["mutations"], version: number): Statement[] {
  const last = mutations.at(-1)!.id;
  return [
    plain("UPDATE _plasma_meta SET version = version + 1"),
    plain(
      "INSERT INTO _plasma_versions (version, nonce, time) VALUES (?, ?, ?)",
      version,
      `nonce-${version}`,
      0,
    ),
    ...mutations.flatMap((mutation) => rowsOf(mutation, version)),
    mutations[0]!.id === 1
      ? plain(
          "INSERT INTO _plasma_clients (client_id, principal, client_group_id, last_mutation_id, seen_at) VALUES ('c', 'ada', 'ada', ?, 0)",
          last,
        )
      : plain("UPDATE _plasma_clients SET last_mutation_id = ? WHERE client_id = 'c'", last),
  ];
}

function rowsOf(
  { id: number, uid, name, args }: Push["mutations"][number],
  version: number,
): Statement[] {
  const change = plain(
    "INSERT INTO _plasma_changes (version, table_name, row_id, op, time, origin_client, origin_mutation) VALUES (?, 'todos', ?, 'put', 0, 'c', ?) ON CONFLICT DO NOTHING",
    version,
    args.id,
    number,
  );
  const outcome = plain(
    "INSERT INTO _plasma_client_mutations (client_id, mutation_id, principal, uid, status, version, time) VALUES ('c', ?, 'ada', ?, 'ok', ?, 0)",
    number,
    uid,
    version,
  );
  if (name === "tickOff") {
    return [
      plain(
        'INSERT INTO _plasma_history_todos (id, _v, _present, "ownerId", title, done) SELECT id, CAST(? AS bigint), 1, "ownerId", title, done FROM todos WHERE id = ? ON CONFLICT DO NOTHING',
        version,
        args.id,
      ),
      plain("UPDATE todos SET done = true WHERE id = ?", args.id),
      change,
      outcome,
    ];
  }
  return [
    plain(
      'INSERT INTO todos (id, "ownerId", title, done) VALUES (?, ?, ?, false)',
      args.id,
      "ada",
      args.title!,
    ),
    plain(
      "INSERT INTO _plasma_history_todos (id, _v, _present) VALUES (?, ?, 0)",
      args.id,
      version,
    ),
    change,
    outcome,
  ];
}

async function dropTriggers(executor: SqlExecutor): Promise<void> {
  if (executor.dialect === "postgres") {
    await executor.run(plain("ALTER TABLE todos DISABLE TRIGGER USER"));
    return;
  }
  const triggers = await executor.all(
    plain("SELECT name FROM sqlite_master WHERE type = 'trigger'"),
  );
  for (const { name } of triggers) await executor.run(plain(`DROP TRIGGER "${String(name)}"`));
}

function plain(statement: string, ...params: (string | number)[]): Statement {
  return { text: statement, params };
}

/** Runs all pushes of a run, and tells how long that took in milliseconds. Throws if a row is missing afterwards. */
export async function measure(contestant: Contestant, run: Run): Promise<number> {
  const started = performance.now();
  for (let first = 1; first <= run.mutations; first += run.each) {
    const ids = Array.from({ length: run.each }, (_, at) => first + at);
    const response = await contestant.handle(pushOf(ids));
    const answer = (await response.json()) as { lastMutationID?: number };
    if (answer.lastMutationID !== ids.at(-1)) throw new Error(JSON.stringify(answer));
  }
  const ms = performance.now() - started;
  await check(contestant.executor, run);
  return ms;
}

function pushOf(ids: readonly number[]): Request {
  const mutations = ids.map((number) => ({
    id: number,
    uid: `uid-${String(number).padStart(8, "0")}`,
    ...mutationOf(number),
    timestamp: 0,
  }));
  return new Request("http://localhost/sync/push", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-plasma-client-id": "c",
      "x-plasma-client-group-id": "ada",
    },
    body: JSON.stringify({
      protocolVersion: 1,
      schemaVersion: "1",
      clientID: "c",
      clientGroupID: "ada",
      confirmed: ids[0]! - 1,
      mutations,
    }),
  });
}

/** Both leave the same number of rows of each kind. */
async function check(executor: SqlExecutor, { mutations, each }: Run): Promise<void> {
  const [counts] = await executor.all(
    plain(`SELECT (SELECT count(*) FROM todos) AS todos, (SELECT count(*) FROM todos WHERE done = true) AS done,
      (SELECT count(*) FROM _plasma_history_todos) AS history, (SELECT count(*) FROM _plasma_changes) AS changes,
      (SELECT count(*) FROM _plasma_client_mutations WHERE status = 'ok') AS outcomes`),
  );
  const done = Math.floor(mutations / 10);
  const logged = each === 1 ? mutations : mutations - done;
  const expected = [mutations - done, done, logged, logged, mutations];
  const found = Object.values(counts!).map(Number);
  if (String(found) !== String(expected)) throw new Error(`${found} rows instead of ${expected}`);
}
