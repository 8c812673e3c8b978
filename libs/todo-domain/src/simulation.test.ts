/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="dom.asynciterable" />
/// <reference types="node" />
/**
 * The app's own mutators with three people under seeded failures. `npx nx run todo-domain:simulate` runs more seeds,
 * and `PLASMA_SEED=7` begins with another one.
 */

import { simulate } from "@sh1n4ps/plasma-testing";
import type { Draw, Invariant, OpInput, Ops } from "@sh1n4ps/plasma-testing";
import { expect, it } from "vitest";
import { demoPeople } from "./demo.ts";
import { mutators } from "./mutators.ts";
import type { AppMutators } from "./mutators.ts";
import { schema } from "./schema.ts";
import { invites } from "./tables/invites.ts";
import { lists, members, users } from "./tables/membership.ts";
import { todos } from "./tables/todos.ts";

const USUAL_SEEDS = 6;
const SEEDS = Number(process.env["PLASMA_SEEDS"] ?? USUAL_SEEDS);
const FIRST_SEED = Number(process.env["PLASMA_SEED"] ?? 1);

const people = demoPeople.map(({ id }) => id);
const createdAt = new Date(0);

// Few ids, so that people get in each other's way.
const one = (draw: Draw, letter: string, count: number) => `${letter}${draw.below(count)}`;
const position = (draw: Draw) => one(draw, "a", 9);
const token = "token-that-is-long-enough";

/** Mostly of a row that the person sees, or there would be little to change; else of one that may be gone, or hidden. */
async function idOf(
  rows: PromiseLike<readonly { readonly id: string }[]>,
  draw: Draw,
  otherwise: string,
): Promise<string> {
  const seen = await rows;
  return seen.length > 0 && draw.chance(0.8) ? draw.pick(seen).id : otherwise;
}
const listId = ({ db, draw }: OpInput<typeof schema>) =>
  idOf(db.select().from(lists), draw, one(draw, "list", 2));
const todoId = ({ db, draw }: OpInput<typeof schema>) =>
  idOf(db.select().from(todos), draw, one(draw, "todo", 9));

const ops: Ops<typeof schema, AppMutators> = {
  createList: ({ draw }) => {
    const id = one(draw, "list", 2);
    return { id, membershipId: one(draw, "member", 99), name: `The list ${id}`, createdAt };
  },
  renameList: async (input) => ({ id: await listId(input), name: one(input.draw, "Name ", 9) }),
  deleteList: async (input) => (input.draw.chance(0.2) ? { id: await listId(input) } : undefined),
  createInvite: async (input) => {
    const id = one(input.draw, "invite", 9);
    return { id, listId: await listId(input), token, createdAt };
  },
  revokeInvite: ({ draw }) => (draw.chance(0.3) ? { id: one(draw, "invite", 9) } : undefined),
  joinList: ({ draw }) => {
    return { token, membershipId: one(draw, "member", 99), joinedAt: createdAt };
  },
  leaveList: async (input) =>
    input.draw.chance(0.3) ? { listId: await listId(input) } : undefined,
  removeMember: async (input) =>
    input.draw.chance(0.3)
      ? { listId: await listId(input), userId: input.draw.pick(people) }
      : undefined,
  addTodo: async (input) => ({
    ...{ id: one(input.draw, "todo", 9), listId: await listId(input) },
    ...{ title: `By ${input.person}`, position: position(input.draw), createdAt },
  }),
  editTodo: async (input) => ({ id: await todoId(input), title: one(input.draw, "Title ", 9) }),
  setTodoDone: async (input) => ({ id: await todoId(input), done: input.draw.chance(0.5) }),
  moveTodo: async (input) => ({ id: await todoId(input), position: position(input.draw) }),
  deleteTodo: async (input) => (input.draw.chance(0.5) ? { id: await todoId(input) } : undefined),
  clearDone: async (input) =>
    input.draw.chance(0.5) ? { listId: await listId(input) } : undefined,
};

const invariants: Readonly<Record<string, Invariant<typeof schema>>> = {
  "every list has its owner as a member": async ({ db }) => {
    const all = await db.select().from(members);
    return (await db.select().from(lists)).every((list) =>
      all.some(({ listId: of, userId, role }) => {
        return of === list.id && userId === list.ownerId && role === "owner";
      }),
    );
  },
  "nobody is twice in a list": async ({ db }) => {
    const pairs = (await db.select().from(members)).map((row) => `${row.listId} ${row.userId}`);
    return new Set(pairs).size === pairs.length;
  },
  "what is changed has been there": ({ accepted }) => {
    const made = { addTodo: new Set<unknown>(), createList: new Set<unknown>() };
    return accepted.every(({ name, args }) => {
      const { id } = args as { id?: unknown };
      if (name === "addTodo" || name === "createList") made[name].add(id);
      if (name === "renameList") return made.createList.has(id);
      const changesTodo = name === "editTodo" || name === "setTodoDone" || name === "moveTodo";
      return !changesTodo || made.addTodo.has(id);
    });
  },
  "nothing is left of a list that is gone": async ({ db }) => {
    const ids = new Set((await db.select().from(lists)).map(({ id }) => id));
    const parts = [
      ...(await db.select().from(members)),
      ...(await db.select().from(invites)),
      ...(await db.select().from(todos)),
    ];
    return parts.every((part) => ids.has(part.listId));
  },
};

it(
  `keeps its invariants under ${SEEDS} seeds, which get every mutator accepted`,
  async () => {
    const accepted: Record<string, number> = {};
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const { story, ...counts } = await simulate({
        ...{ schema, mutators, clients: people, ops, seed, invariants },
        setup: async (db) => {
          for (const person of demoPeople) await db.insert(users).values(person);
        },
      });
      expect({ seed, story }).toEqual({ seed, story: null });
      for (const [name, count] of Object.entries(counts.accepted)) {
        accepted[name] = (accepted[name] ?? 0) + count;
      }
    }
    // A few seeds, as one runs them to look at something, need not have everything.
    const untested = SEEDS < USUAL_SEEDS ? [] : Object.keys(ops).filter((name) => !accepted[name]);
    expect(untested).toEqual([]);
  },
  20_000 + SEEDS * 10_000,
);
