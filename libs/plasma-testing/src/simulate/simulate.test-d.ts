/** Types of `simulate()`: what infers, and what must not compile. */

import { defineMutators, defineSchema, id, int, table } from "@sh1n4ps/plasma-core";
import type { MutatorInput } from "@sh1n4ps/plasma-core";
import { expectTypeOf } from "vitest";
import { simulate } from "./simulate.ts";

const counters = table("counters", { id: id(), value: int() });
const schema = defineSchema({ counters });

interface Ctx {
  readonly userId: string;
}
interface RoleCtx extends Ctx {
  readonly role: "admin" | "guest";
}

const increment = async ({ db, args }: MutatorInput<unknown, { by: number }>) => {
  await db.increment(counters.value, args.by);
};
const common = {
  ...{ schema, clients: 2, seed: 1, invariants: {} },
  ops: { increment: () => ({ by: 1 }) },
};

const anybody = defineMutators<typeof schema>()({ increment });
const people = defineMutators<typeof schema, Ctx>()({ increment });
const withRoles = defineMutators<typeof schema, RoleCtx>()({ increment });

// `{ userId }` is enough for these.
void simulate({ ...common, mutators: anybody });
void simulate({ ...common, mutators: people });
void simulate({ ...common, mutators: people, context: (userId) => ({ userId }) });
// @ts-expect-error The mutators ask for a user id.
void simulate({ ...common, mutators: people, context: () => ({}) });

void simulate({ ...common, mutators: withRoles, context: (userId) => ({ userId, role: "guest" }) });
// @ts-expect-error The mutators ask for a role.
void simulate({ ...common, mutators: withRoles });
// @ts-expect-error There is no such role.
void simulate({ ...common, mutators: withRoles, context: (userId) => ({ userId, role: "king" }) });

// @ts-expect-error `by` is a number.
void simulate({ ...common, mutators: people, ops: { increment: () => ({ by: "1" }) } });
// @ts-expect-error There is no such mutator.
void simulate({ ...common, mutators: people, ops: { decrement: () => ({ by: 1 }) } });

const { accepted, refused } = await simulate({ ...common, mutators: people });
expectTypeOf(accepted).toEqualTypeOf<{ readonly increment: number }>();
expectTypeOf(refused.increment).toEqualTypeOf<number>();
