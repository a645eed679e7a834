import { expect, it } from "vitest";
import { hoursOf, inFours } from "./deviceCode.ts";

it.each([
  [24, 24],
  ["24", 24],
  [1, 1],
  [168, 168],
  [0, null],
  [169, null],
  [1.5, null],
  ["", null],
  ["-", null],
])("hours typed as %j are %j", (typed, hours) => expect(hoursOf(typed)).toBe(hours));

it("shows a code in fours", () => expect(inFours("ABCDEFGHJKLM2345")).toBe("ABCD-EFGH-JKLM-2345"));
