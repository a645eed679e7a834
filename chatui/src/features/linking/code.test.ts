import { expect, it } from "vitest";
import { groupsOf, isLinkCode, isRecoveryCode, typedLinkCode, typedRecoveryCode } from "./code.ts";

it.each([
  ["as shown", "7K3M-9QXZ-0ABC", "7K3M-9QXZ-0ABC", true],
  ["small, without dashes", "7k3m9qxz0abc", "7K3M-9QXZ-0ABC", true],
  ["letters that look like digits", "oil0-0000-0000", "0110-0000-0000", true],
  ["half typed", "7k3m9", "7K3M-9", false],
  ["too much", "7K3M-9QXZ-0ABC-1234", "7K3M-9QXZ-0ABC", true],
  ["nothing of it", "ü-!", "", false],
])("link code: %s", (_name, typed, shown, whole) => {
  expect(typedLinkCode(typed)).toBe(shown);
  expect(isLinkCode(typedLinkCode(typed))).toBe(whole);
});

const code = "00ff 1234 5678 9abc def0 0000 ffff a1b2";

it.each([
  ["as printed", code, true],
  ["in one piece, large", code.replaceAll(" ", "").toUpperCase(), true],
  ["with dashes", code.replaceAll(" ", "-"), true],
  ["one digit short", code.slice(0, -1), false],
  ["empty", "", false],
])("recovery code: %s", (_name, typed, whole) => {
  expect(isRecoveryCode(typed)).toBe(whole);
  if (whole) expect(typedRecoveryCode(typed)).toBe(code);
});

it("prints eight groups of four", () => {
  expect(groupsOf(code)).toHaveLength(8);
  expect(groupsOf(code).at(-1)).toBe("a1b2");
});
