/** Types of the hooks: rows and args are inferred, and what does not fit does not compile. */

import { expectTypeOf } from "vitest";
import type { mutators, schema, Todo } from "./testing-app.fixture.ts";
import { todos, todosOf } from "./testing-app.fixture.ts";
import { useLiveQuery } from "./use-live-query.ts";
import { useMutation } from "./use-mutation.ts";
import { usePlasma } from "./use-plasma.ts";

export function useTypes(): void {
  expectTypeOf(useLiveQuery((db) => db.select().from(todos), []).data).toEqualTypeOf<
    readonly Todo[]
  >();
  expectTypeOf(useLiveQuery((db) => todosOf(db, "a").live(), []).data).toEqualTypeOf<
    readonly Todo[]
  >();

  const { mutate } = useMutation<typeof mutators, "setDone">("setDone");
  expectTypeOf(mutate).parameter(0).toEqualTypeOf<{ id: string; done: boolean }>();
  // @ts-expect-error the mutator is another one
  useMutation<typeof mutators, "setDone">("addTodo");
  // @ts-expect-error there is no such mutator
  useMutation<typeof mutators, "nope">("nope");

  const plasma = usePlasma<typeof schema, typeof mutators>();
  void plasma.mutate("setDone", { id: "1", done: true });
  // @ts-expect-error an arg is missing
  void plasma.mutate("setDone", { id: "1" });
}
