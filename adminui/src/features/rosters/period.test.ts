import { describe, expect, it } from "vitest";
import { coming, dayText, windowOf } from "./period.ts";

describe("windowOf", () => {
  it("reaches to the end of the last day", () => {
    const window = windowOf("2026-11-01", "2026-11-01");
    expect(Date.parse(window?.until ?? "") - Date.parse(window?.from ?? "")).toBe(86_400_000);
  });

  it.each([
    ["2026-11-02", "2026-11-01"],
    ["2026-11-01", "2027-11-01"],
    ["", "2026-11-01"],
    ["2026-11-01", "gestern"],
  ])("%s to %s is none", (from, until) => expect(windowOf(from, until)).toBeNull());
});

it("coming are days of the reader's own calendar", () => {
  const { from, until } = coming(new Date(2026, 11, 24, 23, 30));
  expect([from, until]).toEqual(["2026-12-24", "2027-01-07"]);
  expect(dayText(new Date(2026, 0, 5))).toBe("2026-01-05");
});
