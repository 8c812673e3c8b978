/**
 * The app once more, written without the engine: plain maps, one mutation after the other. What the real server does in
 * its order of commits must come to the same rows and the same outcomes.
 */

import type { ModelCall, ModelResult, ModelRow, ModelState, ReferenceModel } from "../reference.ts";
import { canaryOf, MAX_CLAIMS, memberId, pastedOf } from "./app.ts";
import type { Ctx } from "./app.ts";

export const ACCOUNTS = ["a0", "a1", "a2", "a3"];
export const SHIFTS = ["s0", "s1", "s2"];
export const COUNTERS = ["n0", "n1", "n2"];
export const OPENING_BALANCE = 100;

const BOARDS = [
  ["b0", "ada"],
  ["b1", "bob"],
] as const;
const MEMBERS = [
  ["b0", "ada"],
  ["b0", "bob"],
  ["b1", "bob"],
] as const;

type Args = Readonly<Record<string, string>> & { readonly token: string };

class Refused extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

const conflict = () => new Refused("conflict");
const forbidden = () => new Refused("forbidden");

function rowsById(ids: readonly string[], values: ModelRow): Map<string, ModelRow> {
  return new Map(ids.map((id) => [id, { id, ...values }]));
}

export const initialState: ModelState = {
  logs: new Map(),
  accounts: rowsById(ACCOUNTS, { balance: OPENING_BALANCE }),
  shifts: rowsById(SHIFTS, { onCall: true }),
  counters: rowsById(COUNTERS, { count: 0 }),
  claims: new Map(),
  tags: new Map(),
  boards: new Map(BOARDS.map(([id, owner]) => [id, { id, owner }])),
  members: new Map(
    MEMBERS.map(([boardId, userId]) => {
      const id = memberId(boardId, userId);
      return [id, { id, boardId, userId }];
    }),
  ),
  cards: new Map(),
  memos: new Map(),
};

/** Rows that are changed by copying a table when it is first written to. */
class Draft {
  #state: ModelState;
  readonly isOnDevice: boolean;
  readonly #copied = new Set<string>();

  constructor(state: ModelState, isOnDevice: boolean) {
    this.#state = state;
    this.isOnDevice = isOnDevice;
  }

  get state(): ModelState {
    return this.#state;
  }

  get(table: string, id: string): ModelRow | undefined {
    return this.#state[table]?.get(id);
  }

  all(table: string): ModelRow[] {
    return [...(this.#state[table]?.values() ?? [])];
  }

  put(table: string, row: ModelRow): void {
    this.#own(table).set(row["id"] as string, row);
  }

  patch(table: string, id: string, values: ModelRow): void {
    const row = this.get(table, id);
    if (row) this.put(table, { ...row, ...values });
  }

  remove(table: string, id: string): void {
    this.#own(table).delete(id);
  }

  #own(table: string): Map<string, ModelRow> {
    if (!this.#copied.has(table)) {
      this.#copied.add(table);
      this.#state = { ...this.#state, [table]: new Map(this.#state[table]) };
    }
    return this.#state[table] as Map<string, ModelRow>;
  }
}

function isMember(state: ModelState, ctx: Ctx, boardId: unknown): boolean {
  return [...(state["members"]?.values() ?? [])].some(
    (member) => member["boardId"] === boardId && member["userId"] === ctx.userId,
  );
}

function sees(state: ModelState, ctx: Ctx, table: string, row: ModelRow): boolean {
  switch (table) {
    case "boards":
      return ctx.role === "staff" || isMember(state, ctx, row["id"]);
    case "members":
    case "cards":
      return ctx.role === "staff" || isMember(state, ctx, row["boardId"]);
    case "memos":
      return ctx.role === "staff" || row["owner"] === ctx.userId;
    default:
      return true;
  }
}

function mayWrite(state: ModelState, ctx: Ctx, table: string, row: ModelRow): boolean {
  switch (table) {
    case "claims":
      return row["by"] === ctx.userId;
    case "boards":
    case "memos":
      return row["owner"] === ctx.userId;
    case "members":
      return state["boards"]?.get(row["boardId"] as string)?.["owner"] === ctx.userId;
    case "cards":
      return isMember(state, ctx, row["boardId"]);
    default:
      return true;
  }
}

type Run = (draft: Draft, args: Args, ctx: Ctx) => void;

function insert(draft: Draft, ctx: Ctx, table: string, row: ModelRow): void {
  if (draft.get(table, row["id"] as string)) throw conflict();
  if (table === "claims" && draft.all("claims").some((other) => other["name"] === row["name"])) {
    throw conflict();
  }
  if (!mayWrite(draft.state, ctx, table, row)) throw forbidden();
  draft.put(table, row);
}

/** The row, if the person can find it; throws if they may not write it. */
function find(draft: Draft, ctx: Ctx, table: string, id: string): ModelRow | undefined {
  const row = draft.get(table, id);
  if (!row || !(draft.isOnDevice || sees(draft.state, ctx, table, row))) return undefined;
  if (!mayWrite(draft.state, ctx, table, row)) throw forbidden();
  return row;
}

function update(
  draft: Draft,
  ctx: Ctx,
  change: { table: string; id: string; values: ModelRow },
): void {
  const { table, id, values } = change;
  const row = find(draft, ctx, table, id);
  if (!row) return;
  if (!mayWrite(draft.state, ctx, table, { ...row, ...values })) throw forbidden();
  draft.patch(table, id, values);
}

function add(draft: Draft, id: string, by: number): void {
  const count = draft.get("counters", id)?.["count"] as number | undefined;
  if (count !== undefined) draft.patch("counters", id, { count: count + by });
}

/** A device knows no accounts before its first pull. */
function balanceIn(draft: Draft, id: string): number {
  const account = draft.get("accounts", id);
  if (!account) throw new Refused("no-account");
  return account["balance"] as number;
}

function putMemo(draft: Draft, ctx: Ctx, memo: { id: string; content: string }): void {
  const { id, content } = memo;
  const stored = draft.get("memos", id);
  if (!stored) return insert(draft, ctx, "memos", { id, owner: ctx.userId, content });
  if (!mayWrite(draft.state, ctx, "memos", stored)) throw conflict();
  draft.patch("memos", id, { content });
}

const MUTATORS: Readonly<Record<string, Run>> = {
  append(draft, { id, token }) {
    const log = draft.get("logs", id as string);
    const tokens = log ? `${log["tokens"] as string} ${token}` : token;
    draft.put("logs", { id, tokens });
  },

  transfer(draft, args) {
    const amount = Number(args["amount"]);
    const [from, to] = [args["from"] as string, args["to"] as string];
    const balanceOf = (id: string) => balanceIn(draft, id);
    const [balance, received] = [balanceOf(from), balanceOf(to) + amount];
    if (balance < amount) throw new Refused("overdrawn");
    draft.patch("accounts", from, { balance: balance - amount });
    draft.patch("accounts", to, { balance: received });
  },

  sweep(draft, args) {
    const [from, to] = [args["from"] as string, args["to"] as string];
    const balanceOf = (id: string) => balanceIn(draft, id);
    const all = balanceOf(from) + balanceOf(to);
    draft.patch("accounts", from, { balance: 0 });
    draft.patch("accounts", to, { balance: all });
  },

  leaveShift(draft, { id }) {
    const others = draft.all("shifts").filter((shift) => shift["onCall"] && shift["id"] !== id);
    if (others.length === 0) throw new Refused("last-on-call");
    draft.patch("shifts", id as string, { onCall: false });
  },

  joinShift(draft, { id }) {
    draft.patch("shifts", id as string, { onCall: true });
  },

  count(draft, args) {
    add(draft, args["id"] as string, Number(args["by"]));
  },

  claim(draft, { id, name }, ctx) {
    insert(draft, ctx, "claims", { id, name, by: ctx.userId });
    const own = draft.all("claims").filter((row) => row["by"] === ctx.userId);
    if (own.length > MAX_CLAIMS) throw new Refused("too-many");
  },

  rename(draft, { id, name }, ctx) {
    update(draft, ctx, { table: "claims", id: id as string, values: { name } });
    const holders = draft.all("claims").filter((claim) => claim["name"] === name);
    if (holders.length > 1) throw conflict();
  },

  release(draft, { id }, ctx) {
    if (!find(draft, ctx, "claims", id as string)) return;
    if (draft.all("tags").some((tag) => tag["claimId"] === id)) throw new Refused("restricted");
    draft.remove("claims", id as string);
  },

  tag(draft, { id, claimId }, ctx) {
    insert(draft, ctx, "tags", { id, claimId });
    if (!draft.get("claims", claimId as string)) throw new Refused("missing-reference");
  },

  untag(draft, { id }) {
    draft.remove("tags", id as string);
  },

  createBoard(draft, { id }, ctx) {
    insert(draft, ctx, "boards", { id, owner: ctx.userId });
    const member = { id: memberId(id as string, ctx.userId), boardId: id, userId: ctx.userId };
    insert(draft, ctx, "members", member);
  },

  deleteBoard(draft, { id }, ctx) {
    if (!find(draft, ctx, "boards", id as string)) return;
    draft.remove("boards", id as string);
    for (const table of ["members", "cards"]) {
      for (const row of draft.all(table)) {
        if (row["boardId"] === id) draft.remove(table, row["id"] as string);
      }
    }
  },

  grant(draft, { boardId, userId }, ctx) {
    insert(draft, ctx, "members", { id: memberId(boardId!, userId!), boardId, userId });
  },

  revoke(draft, { boardId, userId }, ctx) {
    const id = memberId(boardId!, userId!);
    if (find(draft, ctx, "members", id)) draft.remove("members", id);
  },

  addCard(draft, { id, boardId, token }, ctx) {
    insert(draft, ctx, "cards", { id, boardId, content: canaryOf(id!, token) });
  },

  editCard(draft, { id, token }, ctx) {
    const values = { content: canaryOf(id!, token) };
    update(draft, ctx, { table: "cards", id: id!, values });
  },

  moveCard(draft, { id, boardId }, ctx) {
    update(draft, ctx, { table: "cards", id: id!, values: { boardId } });
  },

  deleteCard(draft, { id }, ctx) {
    if (find(draft, ctx, "cards", id!)) draft.remove("cards", id!);
  },

  writeMemo(draft, { id, token }, ctx) {
    putMemo(draft, ctx, { id: id!, content: canaryOf(id!, token) });
  },

  paste(draft, { id, token, text }, ctx) {
    putMemo(draft, ctx, { id: id!, content: pastedOf({ id: id!, token, text: text! }) });
  },

  dropMemo(draft, { id }, ctx) {
    if (find(draft, ctx, "memos", id!)) draft.remove("memos", id!);
  },

  refuse() {
    throw new Refused("no");
  },

  stumble(draft, { id }) {
    add(draft, id!, 1);
  },
};

export const appModel: ReferenceModel<Ctx> = {
  initial: initialState,
  sees,
  execute(state, { name, args, ctx, isOnDevice = false }: ModelCall<Ctx>): ModelResult {
    const draft = new Draft(state, isOnDevice);
    try {
      const run = MUTATORS[name];
      if (!run) throw new Error(`The model does not know "${name}".`);
      run(draft, args as Args, ctx);
      return { code: null, state: draft.state };
    } catch (error) {
      if (error instanceof Refused) return { code: error.code, state };
      throw error;
    }
  },
  mayEndAs: ({ name }, code) => name === "stumble" && code === "quarantined",
};
