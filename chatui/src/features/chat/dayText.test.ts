import { expect, it } from "vitest";
import { clockText, dayText } from "./dayText.ts";

const now = new Date(2026, 10, 27, 9, 0);

it.each([
  ["today", new Date(2026, 10, 27, 0, 1), "Heute", "Today"],
  ["yesterday, minutes ago", new Date(2026, 10, 26, 23, 59), "Gestern", "Yesterday"],
  ["this week", new Date(2026, 10, 23, 12), "Montag", "Monday"],
  ["a week ago", new Date(2026, 10, 20, 12), "20. November", "20 November"],
  ["last year", new Date(2025, 10, 27, 12), "27. November 2025", "27 November 2025"],
  ["tomorrow, by a wrong clock", new Date(2026, 10, 28, 12), "28. November", "28 November"],
  ["nonsense", new Date("x"), "", ""],
])("%s", (_name, at, de, en) => {
  expect(dayText(at, now, "de")).toBe(de);
  expect(dayText(at, now, "en")).toBe(en);
});

it("shows the time of day with two digits", () => {
  expect(clockText(new Date(2026, 10, 27, 9, 5).toISOString(), "de")).toBe("09:05");
  expect(clockText("nonsense", "de")).toBe("");
});
