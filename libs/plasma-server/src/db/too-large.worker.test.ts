import {
  blob,
  defineMutators,
  defineSchema,
  encodeTagged,
  eq,
  id,
  PROTOCOL_VERSION,
  table,
} from "@sh1n4ps/plasma-core";
import type { MutatorInput, PushResponse } from "@sh1n4ps/plasma-core";
import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { fromD1 } from "../sql/d1.ts";
import { createSyncHandler } from "../sync-handler.ts";

const parts = table("parts", { id: id(), bytes: blob() });
const schema = defineSchema({ parts });
const mutators = defineMutators<typeof schema>()({
  write: async ({ db, args }: MutatorInput<unknown, { count: number }>) => {
    for (let at = 0; at < args.count; at++) {
      await db.insert(parts).values({ id: `p${at}`, bytes: new Uint8Array(300_000) });
    }
    await db.select().from(parts).limit(1);
  },
  ask: async ({ db, args }: MutatorInput<unknown, { count: number }>) => {
    await db
      .select()
      .from(parts)
      .where(eq(parts.id, "x".repeat(args.count)));
  },
});

async function push(mutation: { id: number; name: "write" | "ask"; count: number }) {
  const handler = createSyncHandler({
    schema,
    mutators,
    executor: fromD1((env as unknown as { DB: D1Database }).DB),
    schemaVersion: "1",
    auth: () => ({ ok: true, clientGroupID: "ada", clientID: "tab", ctx: null }),
  });
  const response = await handler(
    new Request("https://sync.example/sync/push", {
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
        clientID: "tab",
        confirmed: 0,
        mutations: [
          {
            id: mutation.id,
            uid: `uid-${mutation.id}-00000000`,
            name: mutation.name,
            args: encodeTagged({ count: mutation.count }),
            timestamp: 0,
          },
        ],
      }),
    }),
  );
  return ((await response.json()) as PushResponse).results[0];
}

describe("a mutation on D1", () => {
  it("may write more than one parameter holds", { timeout: 60_000 }, async () => {
    expect(await push({ id: 1, name: "write", count: 8 })).toEqual({ id: 1, status: "ok" });
  });

  it("that asks for more than D1 takes is refused once and for all, and the next one goes on", async () => {
    expect(await push({ id: 2, name: "ask", count: 3_000_000 })).toMatchObject({
      status: "error",
      code: "query-too-large",
    });
    expect(await push({ id: 3, name: "ask", count: 2 })).toEqual({ id: 3, status: "ok" });
  });
});
