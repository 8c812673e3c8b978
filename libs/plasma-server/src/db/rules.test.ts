import { defineSchema, eq, id, table, text } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { runtimePlatform } from "../platform.ts";
import { bindRules, visibilityOf } from "./rules.ts";

interface Ctx {
  readonly userId: string;
  readonly since?: Date | bigint | Uint8Array;
  readonly expires?: number;
}

const policy = { default: "deny" } as const;
const fingerprint = (schema: Parameters<typeof visibilityOf>[0], ctx: Ctx) =>
  visibilityOf(schema, { rules: bindRules(ctx, policy), ctx }, runtimePlatform());

const schemaOf = (read: (ctx: Ctx, row: never) => never) => {
  const docs = table("docs", { id: id(), owner: text() }, { auth: { read: read as never } });
  return defineSchema({ docs });
};

describe("the fingerprint of what a person may see", () => {
  const byOwner = schemaOf(
    (ctx, row: { owner: never }) => eq(row.owner, ctx.userId as never) as never,
  );
  const predicate = schemaOf(
    (ctx, row: { owner: string }) => (row.owner.trim() === ctx.userId) as never,
  );

  it("changes with the parts of the context that a rule uses", async () => {
    expect(await fingerprint(byOwner, { userId: "ada" })).not.toBe(
      await fingerprint(byOwner, { userId: "bob" }),
    );
  });

  it("does not change with the others", async () => {
    expect(await fingerprint(byOwner, { userId: "ada", expires: 1 })).toBe(
      await fingerprint(byOwner, { userId: "ada", expires: 2 }),
    );
  });

  it("changes with anything in the context when a rule is a predicate", async () => {
    expect(await fingerprint(predicate, { userId: "ada", expires: 1 })).not.toBe(
      await fingerprint(predicate, { userId: "ada", expires: 2 }),
    );
  });

  it("tells dates, bigints and bytes apart from what they look like as text", async () => {
    const values = [new Date(0), 0n, new Uint8Array([0]), undefined];
    const seen = await Promise.all(
      values.map((since) =>
        fingerprint(predicate, { userId: "ada", ...(since !== undefined && { since }) }),
      ),
    );
    expect(new Set(seen).size).toBe(values.length);
  });

  it("changes with the schema and with the rule", async () => {
    const wider = defineSchema({
      docs: table(
        "docs",
        { id: id(), owner: text(), more: text().nullable() },
        { auth: { read: (ctx: Ctx, row) => eq(row.owner, ctx.userId) } },
      ),
    });
    const closed = schemaOf(
      (_ctx, row: { owner: never }) => eq(row.owner, "nobody" as never) as never,
    );
    const all = [byOwner, wider, closed];
    const seen = await Promise.all(all.map((schema) => fingerprint(schema, { userId: "ada" })));
    expect(new Set(seen).size).toBe(all.length);
  });
});
