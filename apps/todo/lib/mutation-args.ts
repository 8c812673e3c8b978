/** What a mutation was called with, for words about it. */

export function quoted(args: unknown, key: string): string {
  const value = valueOf(args, key);
  return typeof value === "string" ? `“${value}”` : "something";
}

// Args of a refused mutation come from storage, perhaps written by an older version of the app.
export function valueOf(args: unknown, key: string): unknown {
  return typeof args === "object" && args !== null && Object.hasOwn(args, key)
    ? (args as Record<string, unknown>)[key]
    : undefined;
}
