import { env } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { defineSchema, eq, id, int, select, table, text } from "@sh1n4ps/plasma-core";
import { ensureSchema } from "../schema/ensure-schema.ts";
import { fromD1 } from "../sql/d1.ts";
import { explainSelect } from "./explain.ts";
import { watchFullScans } from "./full-scans.ts";

const todos = table(
  "explained_todos",
  { id: id(), listId: text(), title: text(), position: int() },
  { indexes: [["listId", "position"]] },
);
const schema = defineSchema({ explained_todos: todos });
const executor = fromD1((env as unknown as { DB: D1Database }).DB);

describe("explainSelect on D1", () => {
  beforeAll(() => ensureSchema({ schema, executor }));

  it.each([
    ["primary-key", select().from(todos).where(eq(todos.id, "t"))],
    ["index", select().from(todos).where(eq(todos.listId, "l")).orderBy(todos.position)],
    ["index-scan", select().from(todos).where(eq(todos.title, "t"))],
  ])("%s", async (access, query) => {
    const plan = await explainSelect({ schema, executor, query });
    expect(plan.steps).toMatchObject([{ table: "explained_todos", access }]);
  });

  it("names D1's own index", async () => {
    const query = select().from(todos).where(eq(todos.listId, "l"));
    const { steps } = await explainSelect({ schema, executor, query });
    expect(steps[0]!.index).toBe("explained_todos$listId$position");
  });

  it("finds full scans", async () => {
    const warnings: string[] = [];
    const report = ({ message }: Error) => void warnings.push(message);
    const watch = watchFullScans({ schema, executor, rows: 0, report });
    await watch.look(select().from(todos).where(eq(todos.title, "t")).ast, null);
    expect(warnings).toStrictEqual([
      'A query reads all 0 rows of "explained_todos". Declare an index on that table: indexes: [["title"]].',
    ]);
  });
});
