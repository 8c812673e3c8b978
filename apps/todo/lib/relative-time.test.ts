import { expect, it } from "vitest";
import { relativeTime } from "./relative-time.ts";

const now = Date.UTC(2025, 0, 10, 12);
const minute = 60_000;

it.each([
  [0, "just now"],
  [59_999, "just now"],
  [-5000, "just now"],
  [minute, "1 min. ago"],
  [59.9 * minute, "59 min. ago"],
  [3 * 60 * minute, "3 hr. ago"],
  [24 * 60 * minute, "yesterday"],
  [3 * 24 * 60 * minute, "3 days ago"],
])("says an age of %d ms as %s", (age, words) => {
  expect(relativeTime(now - age, now)).toBe(words);
});
