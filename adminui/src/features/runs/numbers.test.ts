import { describe, expect, it } from "vitest";

const files = import.meta.glob<object>("../{imports,persons,plans,rosters,runs}/{de,en}.json", {
  eager: true,
  import: "default",
});

// What has to be typed is shown as it is typed.
const typed = new Set(["approveType"]);

const numbers = /\{\{\s*(?:count|known|missing|mentioned|locks|accounts)\s*\}\}/;

function plain(tree: object, prefix = ""): string[] {
  return Object.entries(tree).flatMap(([key, value]: [string, unknown]) => {
    if (typeof value === "object" && value !== null) return plain(value, `${prefix}${key}.`);
    return numbers.test(String(value)) && !typed.has(key) ? [prefix + key] : [];
  });
}

describe("numbers of people are written as the reader's language does", () => {
  it("finds the texts", () => expect(Object.keys(files)).toHaveLength(10));
  it.each(Object.keys(files))("%s", (path) => expect(plain(files[path] ?? {})).toEqual([]));
});
