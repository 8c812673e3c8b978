import {
  blob,
  completeRow,
  defineSchema,
  id,
  int,
  MAX_INDEX_ENTRY_SIZE,
  table,
  tableInfo,
  text,
} from "@sh1n4ps/plasma-core";
import { expect, it } from "vitest";
import { name, sql } from "../sql/fragment.ts";
import { postgresDialect } from "../sql/postgres-dialect.ts";
import { columnNames } from "../sql/row-codec.ts";
import { selectRows } from "../sql/row-list.ts";
import { openPostgres } from "../testing/databases.ts";
import { createRandom } from "../differential/random.ts";
import { describeSchema } from "./description.ts";
import { plainPostgresTables } from "./postgres-tables.ts";

const pages = table(
  "pages",
  {
    id: id(),
    slug: text().unique(),
    title: text(),
    digest: blob(),
    day: int(),
    hour: int(),
    minute: int(),
  },
  { indexes: [["title", "digest", "day", "hour", "minute"]] },
);
const schema = defineSchema({ pages });

it("an index of Postgres takes the largest entry that a row may have, of bytes that cannot be compressed", async () => {
  const random = createRandom(7);
  const noise = (length: number) =>
    Array.from({ length }, () => String.fromCharCode(33 + random.below(94))).join("");
  const info = tableInfo(pages);
  const row = completeRow(info, {
    id: "x".repeat(128),
    slug: noise(MAX_INDEX_ENTRY_SIZE),
    title: noise(MAX_INDEX_ENTRY_SIZE - 900 - 3 * 8),
    digest: Uint8Array.from({ length: 900 }, () => random.below(256)),
    day: 1,
    hour: 2,
    minute: 3,
  });
  const { executor, close } = await openPostgres();
  try {
    await executor.batch(plainPostgresTables(describeSchema(schema).tables));
    const rows = selectRows(info, [row], postgresDialect);
    await executor.batch([sql`INSERT INTO ${name("pages")} (${columnNames(info)}) ${rows}`]);
    const found = await executor.all(sql`SELECT count(*) AS count FROM ${name("pages")}`);
    expect(Number(found[0]?.["count"])).toBe(1);
  } finally {
    await close();
  }
});
