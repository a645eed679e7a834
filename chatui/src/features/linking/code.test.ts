import { expect, it } from "vitest";
import { newRecoveryCode, readRecoveryCode } from "../../identity/backup.ts";
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

const code = "7K3M-9QXZ-0ABC-1DEF-2GHJ-3KMN-4PQR";

it.each([
  ["as printed", code, true],
  ["in one piece, small", code.replaceAll("-", "").toLowerCase(), true],
  ["with spaces", code.replaceAll("-", " "), true],
  ["letters that look like digits", code.replaceAll("0", "o").replaceAll("1", "l"), true],
  ["one letter short", code.slice(0, -1), false],
  ["empty", "", false],
])("recovery code: %s", (_name, typed, whole) => {
  expect(isRecoveryCode(typed)).toBe(whole);
  if (whole) expect(typedRecoveryCode(typed)).toBe(code);
});

it("takes what the backup prints", async () => {
  const made = await newRecoveryCode();
  expect(groupsOf(made)).toHaveLength(7);
  expect(typedRecoveryCode(made)).toBe(made);
  expect(await readRecoveryCode(typedRecoveryCode(made.toLowerCase()))).not.toBeNull();
});
