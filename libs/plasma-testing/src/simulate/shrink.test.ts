import { expect, it } from "vitest";
import { shrink } from "./shrink.ts";

const upTo = (end: number) => Array.from({ length: end }, (_, at) => at);

it("keeps what the failure needs, in its order, and nothing else", async () => {
  const needed = [3, 17, 60];
  const fails = (items: readonly number[]) =>
    Promise.resolve(needed.every((item) => items.includes(item)));
  expect(await shrink(upTo(80), fails, 1_000)).toEqual(needed);
});

it("leaves everything out if it fails without anything", async () => {
  expect(await shrink(upTo(9), () => Promise.resolve(true), 1_000)).toEqual([]);
});

it("ends after so many attempts, with a list that fails", async () => {
  let tried = 0;
  const fails = (items: readonly number[]) => Promise.resolve(++tried > 0 && items.includes(40));
  const shortened = await shrink(upTo(80), fails, 4);
  expect(tried).toBe(4);
  expect(shortened).toContain(40);
  expect(shortened.length).toBeLessThan(80);
});
