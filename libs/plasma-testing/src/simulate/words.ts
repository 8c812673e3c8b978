/** A value as one would write it in a program. */

const NAME = /^[A-Za-z_$][\w$]*$/;

export function wordsOf(value: unknown): string {
  return words(value, []);
}

function words(value: unknown, around: readonly object[]): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "object":
      return value === null ? "null" : wordsOfObject(value, around);
    case "function":
      return "[a function]";
    case "boolean":
    case "symbol":
    case "undefined":
      return String(value);
  }
}

function wordsOfObject(value: object, around: readonly object[]): string {
  if (around.includes(value)) return "[itself]";
  const inner = (item: unknown) => words(item, [...around, value]);
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? "new Date(NaN)" : `new Date("${value.toISOString()}")`;
  }
  if (value instanceof Uint8Array) return `new Uint8Array([${[...value].join(", ")}])`;
  if (Array.isArray(value)) return `[${value.map(inner).join(", ")}]`;
  const entries = Object.entries(value).map(
    ([key, item]) => `${NAME.test(key) ? key : JSON.stringify(key)}: ${inner(item)}`,
  );
  const literal = entries.length > 0 ? `{ ${entries.join(", ")} }` : "{}";
  const { name = "Object" } = (value.constructor as { name?: string } | undefined) ?? {};
  return name === "Object" ? literal : `${name} ${literal}`;
}
