import { describe, expect, it } from "vitest";
import type { Unit } from "../../api/directory.ts";
import { belowOrSelf, onlyUncovered, treeOf, type Node } from "./tree.ts";

function unit(id: string, parent?: string, onDuty?: number): Unit {
  const people = Array.from({ length: onDuty ?? 0 }, (_, i) => ({ user_id: String(i), name: "x" }));
  const roles = onDuty === undefined ? [] : [{ id: `r-${id}`, name: "r", on_duty: people }];
  return { id, code: id, name: id, kind: "ward", persons: 0, roles, ...(parent ? { parent_id: parent } : {}) };
}

function shape(nodes: Node[]): string {
  return nodes.map(({ unit: { id }, children }) => (children.length ? `${id}(${shape(children)})` : id)).join(" ");
}

describe("treeOf", () => {
  it("nests and sorts as people count", () => {
    expect(shape(treeOf([unit("w10", "c"), unit("w2", "c"), unit("c", "h"), unit("h")]))).toBe("h(c(w2 w10))");
  });

  it("loses nobody: missing parents and circles stand at the top", () => {
    expect(shape(treeOf([unit("a", "gone"), unit("b", "c"), unit("c", "b")]))).toBe("a b c");
  });
});

it("onlyUncovered keeps the way to what is uncovered", () => {
  const tree = treeOf([unit("h"), unit("c", "h"), unit("open", "c", 0), unit("good", "c", 1)]);
  expect(shape(onlyUncovered(tree))).toBe("h(c(open))");
});

it("belowOrSelf finds all below, in circles too", () => {
  const units = [unit("h"), unit("c", "h"), unit("w", "c"), unit("other"), unit("x", "y"), unit("y", "x")];
  expect([...belowOrSelf(units, "c")].sort()).toEqual(["c", "w"]);
  expect([...belowOrSelf(units, "x")].sort()).toEqual(["x", "y"]);
  expect(belowOrSelf(units, "").size).toBe(0);
});
