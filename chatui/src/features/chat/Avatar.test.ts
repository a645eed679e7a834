import { expect, it } from "vitest";
import { initialsOf, shadeOf } from "./Avatar.tsx";

it.each([
  ["Jan Weiß", "JW"],
  ["Dr. med. Ayşe Öztürk-Weiß", "AÖ"],
  ["Käthe", "K"],
  ["Prof. Dr.", "?"],
  ["", "?"],
])("%s has the initials %s", (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});

it("gives one id one colour", () => {
  expect(shadeOf("abc")).toBe(shadeOf("abc"));
  expect(new Set(Array.from({ length: 60 }, (_, n) => shadeOf(`user-${n}`))).size).toBe(6);
});
