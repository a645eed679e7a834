import { describe, expect, it } from "vitest";
import { relativeTime } from "./timeText.ts";

const now = new Date("2026-11-22T12:00:00Z");

describe("relativeTime", () => {
  it.each([
    ["2026-11-22T11:59:58Z", "de", "vor 2 Sekunden"],
    ["2026-11-22T12:00:00Z", "de", "jetzt"],
    ["2026-11-22T11:57:00Z", "de", "vor 3 Minuten"],
    ["2026-11-22T09:00:00Z", "en", "3 hours ago"],
    ["2026-11-22T12:05:00Z", "de", "in 5 Minuten"],
  ])("%s in %s is %s", (at, language, text) => {
    expect(relativeTime(new Date(at), now, language)).toBe(text);
  });

  it("gives the date once a day has passed", () => {
    expect(relativeTime(new Date("2026-11-20T12:00:00Z"), now, "de")).toMatch(/^20\.11\.26, \d\d:\d\d$/);
  });
});
