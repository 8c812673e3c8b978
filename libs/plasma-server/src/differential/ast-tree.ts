/** A query as a tree of plain objects: every query that differs from it in one node. */

/**
 * Copies of the tree in which one object or list was replaced by one of its alternatives, outermost first: what they
 * leave out is largest there.
 */
export function* replacements<T>(
  tree: T,
  alternatives: (node: object) => Iterable<unknown>,
): Generator<T> {
  if (!isNode(tree)) return;
  for (const alternative of alternatives(tree)) yield alternative as T;
  if (Array.isArray(tree)) {
    for (const [at, item] of tree.entries()) {
      for (const replaced of replacements<unknown>(item, alternatives)) {
        yield tree.with(at, replaced) as T;
      }
    }
    return;
  }
  for (const [key, item] of Object.entries(tree)) {
    for (const replaced of replacements<unknown>(item, alternatives))
      yield { ...tree, [key]: replaced };
  }
}

/** Whether it has parts: a value of a query has none. */
export function isNode(value: unknown): value is object {
  return (
    typeof value === "object" &&
    value !== null &&
    !(value instanceof Date) &&
    !(value instanceof Uint8Array)
  );
}
