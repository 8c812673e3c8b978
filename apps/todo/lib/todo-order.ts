/**
 * Where a todo stands, as fractional-index keys: text that sorts between two others, so that a move changes one row.
 *
 * Two people who add at the same place while apart make the same key. The lists then agree on an order (the id
 * decides), but nothing fits between equal keys: a move into such a run gives the rest of the run new keys too.
 */

import { generateKeyBetween, generateNKeysBetween } from "fractional-indexing";

export interface Placed {
  readonly id: string;
  readonly position: string;
}

/** The key of a new todo at the end of the list. */
export function positionAtEnd(todos: readonly Placed[]): string {
  return generateKeyBetween(todos.at(-1)?.position ?? null, null);
}

/**
 * The new positions that bring a todo to the place of another one, in the order of the whole list.
 * Usually one; none when it stands there already.
 */
export function planMove(todos: readonly Placed[], id: string, overId: string): Placed[] {
  const from = todos.findIndex((todo) => todo.id === id);
  const to = todos.findIndex((todo) => todo.id === overId);
  if (from < 0 || to < 0 || from === to) return [];
  const others = todos.filter((todo) => todo.id !== id);
  const before = others[to - 1]?.position ?? null;
  const following = others.slice(to);
  const run = following.findIndex((todo) => before === null || todo.position > before);
  const tied = before === null ? [] : following.slice(0, run < 0 ? following.length : run);
  const after = following[tied.length]?.position ?? null;
  const keys = generateNKeysBetween(before, after, tied.length + 1);
  return [id, ...tied.map((todo) => todo.id)].map((movedId, index) => ({
    id: movedId,
    position: keys[index] as string,
  }));
}
