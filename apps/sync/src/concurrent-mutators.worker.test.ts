import {
  CLIENT_GROUP_ID_HEADER,
  CLIENT_ID_HEADER,
  defineMutators,
  defineSchema,
  encodeTagged,
  eq,
  id,
  int,
  isNotNull,
  MutationRefused,
  PROTOCOL_VERSION,
  table,
} from "@sh1n4ps/plasma-core";
import type {
  Condition,
  MutationResult,
  MutatorInput,
  PushRequest,
  PushResponse,
  WireMutation,
} from "@sh1n4ps/plasma-core";
import { createSyncHandler, ensureSchema, fromD1 } from "@sh1n4ps/plasma-server";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";

interface Ctx {
  readonly userId: string;
}

const boxes = table(
  "boxes",
  { id: id(), left: int() },
  {
    auth: {
      read: (_: Ctx, row): Condition => isNotNull(row.id),
      write: (_: Ctx, row): Condition => isNotNull(row.id),
    },
  },
);
const receipts = table(
  "receipts",
  { id: id(), number: int() },
  { auth: { read: () => true, write: () => true } },
);
const schema = defineSchema({ boxes, receipts });

const CLIENTS = 16;
const MUTATIONS_EACH = 3;
const STOCK = 30;

const mutators = defineMutators<typeof schema, Ctx>()({
  fill: async ({ db, args }: MutatorInput<Ctx, { id: string; left: number }>) => {
    await db.insert(boxes).values(args);
  },
  /** Reads how many are left, decides, and writes: right only if nobody else writes in between. */
  take: async ({ db, args }: MutatorInput<Ctx, { receipt: string }>) => {
    const [box] = await db.select().from(boxes).where(eq(boxes.id, "box")).limit(1);
    if (!box || box.left === 0) throw new MutationRefused("sold-out", "None is left.");
    await db
      .update(boxes)
      .set({ left: box.left - 1 })
      .where(eq(boxes.id, "box"));
    await db.insert(receipts).values({ id: args.receipt, number: STOCK - box.left + 1 });
  },
});

const executor = fromD1(env.OTHER_DB);
const handle = createSyncHandler<Ctx>({
  schema,
  mutators,
  executor,
  schemaVersion: "1",
  policy: { default: "deny" },
  auth: (request) => {
    const userId = request.headers.get(CLIENT_GROUP_ID_HEADER) ?? "";
    const clientID = request.headers.get(CLIENT_ID_HEADER) ?? "";
    return { ok: true, clientGroupID: userId, clientID, ctx: { userId } };
  },
});

function wire(id: number, name: string, args: unknown): WireMutation {
  return { id, uid: crypto.randomUUID(), name, args: encodeTagged(args), timestamp: 0 };
}

/** Pushes until everything is decided, as a client does: what was not reached is sent again. */
async function pushAll(person: string, mutations: WireMutation[]): Promise<MutationResult[]> {
  const decided = new Map<number, MutationResult>();
  for (let attempt = 0; decided.size < mutations.length; attempt += 1) {
    if (attempt === 50) throw new Error(`${person} was not served in 50 attempts.`);
    const request: PushRequest = {
      protocolVersion: PROTOCOL_VERSION,
      schemaVersion: "1",
      clientGroupID: person,
      clientID: `tab-of-${person}`,
      confirmed: 0,
      mutations: mutations.filter(({ id }) => !decided.has(id)),
    };
    const response = await handle(
      new Request("https://sync.test/sync/push", {
        method: "POST",
        headers: {
          "content-type": "application/json",
          [CLIENT_ID_HEADER]: request.clientID,
          [CLIENT_GROUP_ID_HEADER]: person,
        },
        body: JSON.stringify(request),
      }),
    );
    if (response.status === 503) {
      await response.body?.cancel();
      continue;
    }
    expect(response.status).toBe(200);
    for (const result of ((await response.json()) as PushResponse).results) {
      if (result.status !== "not-reached") decided.set(result.id, result);
    }
  }
  return [...decided.values()];
}

beforeAll(async () => {
  await ensureSchema({ schema, executor });
});

describe("mutators that read, decide and write", () => {
  it(
    `keep their invariant when ${CLIENTS} clients run them at once`,
    { timeout: 60_000 },
    async () => {
      await pushAll("keeper", [wire(1, "fill", { id: "box", left: STOCK })]);
      const outcomes = await Promise.all(
        Array.from({ length: CLIENTS }, async (_, client) =>
          pushAll(
            `person-${client}`,
            Array.from({ length: MUTATIONS_EACH }, (_, index) =>
              wire(index + 1, "take", { receipt: `receipt-${client}-${index}` }),
            ),
          ),
        ),
      );
      const results = outcomes.flat();
      expect(results).toHaveLength(CLIENTS * MUTATIONS_EACH);
      expect(results.filter(({ status }) => status === "ok")).toHaveLength(STOCK);
      for (const result of results) {
        if (result.status !== "ok") expect(result).toMatchObject({ code: "sold-out" });
      }

      const [box] = await executor.all({ text: `SELECT "left" FROM "boxes"`, params: [] });
      expect(box).toEqual({ left: 0 });
      const numbers = await executor.all({
        text: `SELECT "number" FROM "receipts" ORDER BY "number"`,
        params: [],
      });
      // Each was handed out once: a lost update would show as a number given twice.
      expect(numbers.map((row) => row["number"])).toEqual(
        Array.from({ length: STOCK }, (_, index) => index + 1),
      );
    },
  );
});
