/** The rows of Drizzle's tables have the types of our rows. */

import type { InferInsertRow, InferRow } from "@sh1n4ps/plasma-core";
import { eq } from "drizzle-orm";
import type { InferInsertModel, InferSelectModel } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { expectTypeOf } from "vitest";
import { toDrizzleRelations } from "./relations.ts";
import { schema } from "./reporting-app.fixture.ts";
import type { lists, people, samples, todos } from "./reporting-app.fixture.ts";
import { toDrizzle } from "./to-drizzle.ts";

const sqlite = toDrizzle(schema, "sqlite");
const pg = toDrizzle(schema, "pg");

expectTypeOf<InferSelectModel<typeof sqlite.samples>>().toEqualTypeOf<InferRow<typeof samples>>();
expectTypeOf<InferSelectModel<typeof sqlite.todos>>().toEqualTypeOf<InferRow<typeof todos>>();
expectTypeOf<InferSelectModel<typeof pg.samples>>().toEqualTypeOf<InferRow<typeof samples>>();
expectTypeOf<InferSelectModel<typeof pg.todos>>().toEqualTypeOf<InferRow<typeof todos>>();

expectTypeOf<InferInsertRow<typeof samples>>().toExtend<InferInsertModel<typeof sqlite.samples>>();
expectTypeOf<InferInsertRow<typeof todos>>().toExtend<InferInsertModel<typeof pg.todos>>();

// @ts-expect-error a column without default and not nullable must be given
void ({ id: "t" } satisfies InferInsertModel<typeof sqlite.todos>);
// @ts-expect-error not one of the enum's values
void eq(sqlite.todos.state, "later");
// @ts-expect-error there is no such column
void sqlite.todos.nothing;

const all = { ...sqlite, ...toDrizzleRelations(schema, sqlite) };
declare const db: BetterSQLite3Database<typeof all>;

const found = await db.query.lists.findMany({
  with: { owner: true, todos: { with: { assignee: true, creatorRow: true, todos: true } } },
});
type Found = (typeof found)[number];
expectTypeOf<Found["owner"]>().toEqualTypeOf<InferRow<typeof people>>();
expectTypeOf<Found["todos"][number]["assignee"]>().toEqualTypeOf<InferRow<typeof people> | null>();
expectTypeOf<Found["todos"][number]["creatorRow"]>().toEqualTypeOf<InferRow<typeof people>>();
expectTypeOf<Found["todos"][number]["todos"]>().toEqualTypeOf<InferRow<typeof todos>[]>();
expectTypeOf<Omit<Found, "owner" | "todos">>().toEqualTypeOf<InferRow<typeof lists>>();

// @ts-expect-error there is no such relation
void db.query.lists.findMany({ with: { nothing: true } });
