/**
 * Many writers and some pollers on one Postgres: nothing is lost, and nobody sees an effect before its cause.
 *
 * PLASMA_STRESS_SECONDS says for how long; `npx nx run plasma-server:stress` does it for a minute.
 */

import { defineMutators, defineSchema, desc, eq, id, int, table, text } from "@sh1n4ps/plasma-core";
import type { JsonRow, MutatorInput } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { ensureSchema } from "../schema/ensure-schema.ts";
import { fromPg } from "../sql/pg.ts";
import { hasPostgres, openPool } from "../testing/databases.ts";
import { runtimePlatform } from "../platform.ts";
import { createRandom } from "../differential/random.ts";
import { createWorld, pause } from "./world.ts";
import type { Client } from "./world.ts";

const SECONDS = Number(process.env["PLASMA_STRESS_SECONDS"] ?? 6);
const PUSHING = 12;
const WRITING_SQL = 4;
const POLLERS = 4;

/** `saw`: a note of another writer, the newest that this one saw when it was written. */
const notes = table(
  "notes",
  { id: id(), writer: int(), number: int(), saw: text().nullable() },
  { indexes: [["writer", "number"]] },
);
const schema = defineSchema({ notes });
interface Note {
  readonly writer: number;
  readonly number: number;
  readonly watched: number;
}
const mutators = defineMutators<typeof schema>()({
  write: async ({ db, args }: MutatorInput<unknown, Note>) => {
    const [seen] = await db
      .select()
      .from(notes)
      .where(eq(notes.writer, args.watched))
      .orderBy(desc(notes.number))
      .limit(1);
    const { writer, number } = args;
    await db
      .insert(notes)
      .values({ id: noteId(writer, number), writer, number, saw: seen?.id ?? null });
  },
});

function noteId(writer: number, number: number): string {
  return `${writer}-${number}`;
}

describe.runIf(hasPostgres())("many writers on Postgres", () => {
  it(
    `${PUSHING} that push and ${WRITING_SQL} that write SQL, for ${SECONDS} s: every change reaches each of ${POLLERS} pollers, causes first`,
    async () => {
      const pool = await openPool();
      const executor = fromPg(pool);
      await ensureSchema({ schema, executor });
      const world = createWorld(executor, { schema, mutators });
      const { clock } = runtimePlatform();
      const end = clock.now() + SECONDS * 1000;
      const random = createRandom(clock.now());
      const written = new Map<number, number>();
      const other = (writer: number) =>
        (writer + 1 + random.below(PUSHING + WRITING_SQL - 1)) % (PUSHING + WRITING_SQL);
      let retries = 0;

      const pushing = async (writer: number) => {
        const client = world.client(`writer-${writer}`);
        for (let number = 1; clock.now() < end; number++) {
          const mutation = {
            ...client.mutation("takeShare", { writer, number, watched: other(writer) }),
            name: "write",
          };
          for (;;) {
            const response = await client.send("push", client.pushBody([mutation]));
            if (response.status === 200) break;
            expect(response.status).toBe(503);
            retries++;
          }
          written.set(writer, number);
        }
      };
      const writingSql = async (writer: number) => {
        for (let number = 1; clock.now() < end; number++) {
          await executor.batch([
            {
              text: `INSERT INTO notes (id, writer, number, saw)
                SELECT CAST(? AS text), CAST(? AS bigint), CAST(? AS bigint),
                  (SELECT id FROM notes WHERE writer = ? ORDER BY number DESC LIMIT 1)`,
              params: [noteId(writer, number), writer, number, other(writer)],
            },
            // Open for a while, with its version taken.
            { text: `SELECT CAST(pg_sleep(${random.next() / 50}) AS text)`, params: [] },
          ]);
          written.set(writer, number);
          await pause(random.below(20));
        }
      };
      let isWriting = true;
      const polling = async (poller: number) => {
        const client = world.client(`poller-${poller}`);
        let pulls = 0;
        for (let isLast = false; !isLast; pulls++) {
          isLast = !isWriting;
          const before = client.rows.size;
          await client.pull();
          if (client.rows.size > before || isLast) expectCausesFirst(client);
        }
        return { client, pulls };
      };

      const pollers = Array.from({ length: POLLERS }, (_, poller) => polling(poller));
      await Promise.all([
        ...Array.from({ length: PUSHING }, (_, writer) => pushing(writer)),
        ...Array.from({ length: WRITING_SQL }, (_, at) => writingSql(PUSHING + at)),
      ]);
      isWriting = false;
      const total = [...written.values()].reduce((sum, count) => sum + count, 0);
      let pulls = 0;
      for (const polled of await Promise.all(pollers)) {
        expect(polled.client.rows.size).toBe(total);
        pulls += polled.pulls;
      }
      console.log(
        `${total} changes, ${pulls} pulls, ${retries} pushes told to come back, in ${SECONDS} s`,
      );
      expect(total).toBeGreaterThan(PUSHING);
      await pool.end();
    },
    SECONDS * 1000 + 60_000,
  );
});

/** Of each writer a client has all notes up to the newest, and of each note the one that its writer saw. */
function expectCausesFirst({ rows }: Client): void {
  const newest = new Map<number, number>();
  const counts = new Map<number, number>();
  for (const row of rows.values()) {
    const { writer, number, saw } = row as JsonRow & Note & { saw: string | null };
    newest.set(writer, Math.max(number, newest.get(writer) ?? 0));
    counts.set(writer, 1 + (counts.get(writer) ?? 0));
    if (saw !== null && !rows.has(`notes/${saw}`))
      throw new Error(`${writer}-${number} is here without ${saw}`);
  }
  expect(counts).toEqual(newest);
}
