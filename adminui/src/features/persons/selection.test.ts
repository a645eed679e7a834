import { describe, expect, it } from "vitest";
import { nobody, toggled, toggledAll, whom, type Chosen } from "./selection.ts";

const some = (...ids: string[]): Chosen => ({ ids: new Set(ids), all: false });
const all: Chosen = { ids: new Set(), all: true };

describe("choosing people", () => {
  it("toggles one", () => {
    expect(toggled(nobody, "a", ["a", "b"])).toEqual(some("a"));
    expect(toggled(some("a"), "a", ["a", "b"])).toEqual(nobody);
  });

  it("taking one out of all leaves those on the screen, never people nobody has seen", () => {
    expect(toggled(all, "a", ["a", "b", "c"])).toEqual(some("b", "c"));
  });

  it("all on the screen, then nobody", () => {
    expect(toggledAll(some("a"), ["a", "b"])).toEqual(some("a", "b"));
    expect(toggledAll(some("a", "b"), ["a", "b"])).toEqual(nobody);
    expect(toggledAll(all, ["a"])).toEqual(nobody);
  });

  it("a bulk names people or the filter, never both", () => {
    expect(whom(some("a"), { q: "x" })).toEqual({ persons: ["a"] });
    expect(whom(all, { q: "x" })).toEqual({ filter: { q: "x" } });
  });
});
