import { expect, it } from "vitest";
import { firstDifference } from "./same-course.ts";

it("equal courses do not differ", () => {
  const course = { trail: ["1.000 a", "2.000 b"], end: "c" };
  expect(firstDifference(course, { ...course })).toBeNull();
});

it("tells what differs first, with a little of what is around it", () => {
  const [one, other] = ["x", "y"].map((id) => ({
    trail: ["1.000 a", `2.000 ${"-".repeat(100)}${id}${"+".repeat(100)}`, id],
    end: "c",
  }));
  const [before, after] = ["-".repeat(40), "+".repeat(39)];
  expect(firstDifference(one!, other!)).toBe(
    `"…${before}x${after}…" in the one, "…${before}y${after}…" in the other`,
  );
});

it("tells that one course goes on, and that the courses end differently", () => {
  const one = { trail: ["1.000 a"], end: "c" };
  expect(firstDifference(one, { ...one, trail: [] })).toBe('"a" in the one, "c" in the other');
  expect(firstDifference(one, { ...one, end: "d" })).toBe('"c" in the one, "d" in the other');
});

it("tells times where nothing else differs", () => {
  const [one, other] = ["1.000 a", "1.001 a"].map((entry) => ({ trail: [entry], end: "c" }));
  expect(firstDifference(one!, other!)).toBe('"1.000 a" in the one, "1.001 a" in the other');
});
