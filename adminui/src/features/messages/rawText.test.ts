import { describe, expect, it } from "vitest";
import { instant } from "./instant.ts";
import { rawLines, sizeText } from "./rawText.ts";

describe("rawLines", () => {
  it.each([
    ["MSH|1\\rPID|2\\r", ["MSH|1", "PID|2"]],
    ["<a>\n<b/>\r\n</a>", ["<a>", "<b/>", "</a>"]],
    ["", []],
  ])("%j", (raw, lines) => expect(rawLines(raw)).toEqual(lines));
});

it.each([
  [812, "812 B"],
  [1_240, "1,2 kB"],
])("sizeText of %d", (bytes, text) => expect(sizeText(bytes, "de")).toBe(text));

it("instant gives nothing for half a date", () => {
  expect(instant("")).toBe("");
  expect(instant("2026-")).toBe("");
  expect(instant("2026-11-22T12:00")).toMatch(/^2026-11-2\dT\d\d:00:00\.000Z$/);
});
