import { expect, it } from "vitest";
import { stepOf } from "./useRoving.ts";

it.each([
  ["ArrowUp", 5, 4],
  ["ArrowDown", 5, 6],
  ["ArrowUp", 0, 0],
  ["ArrowDown", 99, 99],
  ["Home", 50, 0],
  ["End", 50, 99],
  ["PageUp", 50, 42],
  ["PageDown", 95, 99],
  ["a", 5, null],
])("%s from row %i leads to %s", (key, at, to) => {
  expect(stepOf(key, at, 100)).toBe(to);
});

it("leads nowhere in an empty list", () => {
  expect(stepOf("ArrowDown", -1, 0)).toBe(null);
});
