/**
 * What the query builder has made: expressions, conditions, order terms and selects.
 *
 * They are known by who made them, not by how they look. The args of a mutation are data from outside and may look like
 * anything; what was meant as a value must not become a column, a condition or a query.
 */

const parts = new WeakSet<object>();

/** Marks a part that was just made. For the builder's own functions alone. */
export function asBuilt<P extends object>(part: P): P {
  parts.add(part);
  return part;
}

export function isBuilt(input: unknown): input is object {
  return typeof input === "object" && input !== null && parts.has(input);
}
