/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="dom.asynciterable" />
/// <reference types="node" />
/**
 * The app's own mutators with three people under seeded failures. `npx nx run todo-domain:simulate` runs more seeds,
 * and `PLASMA_SEED=7` begins with another one.
 */

import { simulate } from "@sh1n4ps/plasma-testing";
import type { Draw, Invariant, Ops } from "@sh1n4ps/plasma-testing";
import { expect, it } from "vitest";
import { demoPeople } from "./demo.ts";
import { mutators } from "./mutators.ts";
import type { AppMutators } from "./mutators.ts";
import { schema } from "./schema.ts";
import { invites } from "./tables/invites.ts";
import { lists, members, users } from "./tables/membership.ts";
import { todos } from "./tables/todos.ts";

const SEEDS = Number(process.env["PLASMA_SEEDS"] ?? 6);
const FIRST_SEED = Number(process.env["PLASMA_SEED"] ?? 1);

const people = demoPeople.map(({ id }) => id);
const createdAt = new Date(0);

// Few ids, so that people get in each other's way.
const one = (draw: Draw, letter: string, count: number) => `${letter}${draw.below(count)}`;
const listId = (draw: Draw) => one(draw, "list", 2);
const todoId = (draw: Draw) => one(draw, "todo", 6);
const position = (draw: Draw) => one(draw, "a", 9);
const token = "token-that-is-long-enough";

const ops: Ops<typeof schema, AppMutators> = {
  createList: ({ draw }) => {
    const id = listId(draw);
    return { id, membershipId: one(draw, "member", 99), name: `The list ${id}`, createdAt };
  },
  renameList: ({ draw }) => ({ id: listId(draw), name: one(draw, "Name ", 9) }),
  deleteList: ({ draw }) => (draw.chance(0.2) ? { id: listId(draw) } : undefined),
  createInvite: ({ draw }) => {
    return { id: one(draw, "invite", 9), listId: listId(draw), token, createdAt };
  },
  revokeInvite: ({ draw }) => (draw.chance(0.3) ? { id: one(draw, "invite", 9) } : undefined),
  joinList: ({ draw }) => {
    return { token, membershipId: one(draw, "member", 99), joinedAt: createdAt };
  },
  leaveList: ({ draw }) => ({ listId: listId(draw) }),
  removeMember: ({ draw }) => ({ listId: listId(draw), userId: draw.pick(people) }),
  addTodo: ({ draw, person }) => ({
    ...{ id: todoId(draw), listId: listId(draw), title: `By ${person}` },
    ...{ position: position(draw), createdAt },
  }),
  editTodo: ({ draw }) => ({ id: todoId(draw), title: one(draw, "Title ", 9) }),
  setTodoDone: ({ draw }) => ({ id: todoId(draw), done: draw.chance(0.5) }),
  moveTodo: ({ draw }) => ({ id: todoId(draw), position: position(draw) }),
  deleteTodo: ({ draw }) => ({ id: todoId(draw) }),
  clearDone: ({ draw }) => ({ listId: listId(draw) }),
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
  `keeps its invariants under ${SEEDS} seeds`,
  async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const { story, commits } = await simulate({
        ...{ schema, mutators, clients: people, ops, seed, invariants },
        setup: async (db) => {
          for (const person of demoPeople) await db.insert(users).values(person);
        },
      });
      expect({ seed, story }).toEqual({ seed, story: null });
      expect(commits).toBeGreaterThan(5);
    }
  },
  20_000 + SEEDS * 10_000,
);
