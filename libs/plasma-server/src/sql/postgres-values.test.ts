import { describe, expect, it } from "vitest";
import { postgresValue } from "./postgres-values.ts";

describe("a value as Postgres writes it", () => {
  it.each([
    [16, "t", true],
    [16, "f", false],
    [20, "9007199254740991", Number.MAX_SAFE_INTEGER],
    [20, "9007199254740992", "9007199254740992"],
    [20, "-9223372036854775808", "-9223372036854775808"],
    [21, "-1", -1],
    [23, "2147483647", 2147483647],
    [701, "5e-324", 5e-324],
    [701, "1.7976931348623157e+308", Number.MAX_VALUE],
    [1700, "1.50", "1.50"],
    [25, "t", "t"],
    [3802, '{"a": 1}', '{"a": 1}'],
    [17, "\\x", new Uint8Array()],
    [17, "\\x00ff5C", new Uint8Array([0, 255, 92])],
    [17, "", new Uint8Array()],
    [17, "a\\\\x\\000\\377\\1231", new Uint8Array([97, 92, 120, 0, 255, 83, 49])],
  ])("type %d: %j", (type, text, value) => expect(postgresValue(type, text)).toEqual(value));
});
