/** Writes the source of an app with many tables, and as many queries and mutators over them. */

/** Ten columns each, two of which refer to other tables. */
export function schemaSource(count: number): string {
  const tables = numbers(count).map((n) => {
    const [next, previous] = [(n + 1) % count, (n + count - 1) % count];
    return `
export const table${n} = table("table${n}", {
  id: id(),
  nextId: ref((): Column<string, false> & { readonly alias: "table${next}" } => table${next}.id, { onDelete: "cascade" }),
  ${n > 0 ? `previousId: ref(() => table${previous}.id).nullable(),` : "previous: text().nullable(),"}
  title: text(),
  size: text({ enum: ["s", "m", "l"] }).default("m"),
  rank: int(),
  total: bigint().nullable(),
  done: boolean().default(false),
  due: timestamp().nullable(),
  extra: json<{ tags: string[] }>().nullable(),
}, { indexes: [["title", "rank"]], auth: { read: (ctx: { me: string }, row) => eq(row.title, ctx.me) } });`;
  });
  return `import { bigint, boolean, defineSchema, eq, id, int, json, ref, table, text, timestamp } from "../index.ts";
import type { Column } from "../index.ts";
${tables.join("\n")}
export const schema = defineSchema({ ${numbers(count)
    .map((n) => `table${n}`)
    .join(", ")} });
`;
}

/** A join, an aggregate, a relational query and a mutator for each table. */
export function appSource(count: number): string {
  const queries = numbers(count).map((n) => {
    const next = (n + 1) % count;
    return `
export const join${n} = () => db.select({ title: table${n}.title, next: table${next}.title, total: table${next}.total })
  .from(table${n}).leftJoin(table${next}, eq(table${next}.id, table${n}.nextId))
  .where(and(gt(table${n}.rank, 3), inArray(table${n}.size, ["s", "m"]))).orderBy(desc(table${n}.due)).limit(10);
export const groups${n} = () => db.select({ next: table${n}.nextId, n: count(), ranks: sum(table${n}.rank) })
  .from(table${n}).groupBy(table${n}.nextId).having(gt(count(), 1));
export const related${n} = async (): Promise<string | undefined> => {
  const rows = await db.query.table${n}.findMany({ where: eq(table${n}.done, false), with: { next: { with: { next: true } } } });
  return rows[0]?.next?.next?.title;
};`;
  });
  const mutators = numbers(count).map(
    (n) => `
  write${n}: async ({ db, args }: { db: MutatorDb<typeof schema>; args: { id: string; title: string } }) => {
    const [row] = await db.insert(table${n}).values({ id: args.id, nextId: "x", title: args.title, rank: 1 })
      .onConflictDoUpdate({ set: { title: args.title } }).returning();
    await db.update(table${n}).set({ done: true, size: "l", rank: row?.rank ?? 0 }).where(eq(table${n}.id, args.id));
    await db.increment(table${n}.rank, 1).where(eq(table${n}.id, args.id));
    await db.delete(table${n}).where(eq(table${n}.title, args.title));
  },`,
  );
  return `import { and, count, defineMutators, desc, eq, gt, inArray, sum } from "../index.ts";
import type { MutatorDb, ReadDb } from "../index.ts";
import { schema, ${numbers(count)
    .map((n) => `table${n}`)
    .join(", ")} } from "./many-tables.ts";
declare const db: ReadDb<typeof schema>;
${queries.join("\n")}
export const mutators = defineMutators<typeof schema, { me: string }>()({${mutators.join("")}
});
`;
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}
