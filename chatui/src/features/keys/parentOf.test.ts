import { expect, it } from "vitest";
import { parentOf } from "./parentOf.ts";

it.each([
  ["/chat/1/details", "/chat/1"],
  ["/chat/1/add", "/chat/1/details"],
  ["/chat/1/safety/2", "/chat/1/details"],
  ["/chat/1", "/"],
  ["/room/1", "/"],
  ["/new", "/"],
  ["/", null],
  ["/settings", null],
])("Escape leads from %s to %s", (from, to) => {
  expect(parentOf(from)).toBe(to);
});
