import { describe, expect, it } from "vitest";
import { asKept, asRead, handDecides, mayLeave, moved, sameForm, withOrder, wrongLimit } from "./order.ts";

describe("moved", () => {
  it.each([
    [0, 1, "bac"],
    [1, -1, "bac"],
    [2, -1, "acb"],
    [0, -1, "abc"],
    [2, 1, "abc"],
  ] as const)("%d by %d", (at, by, order) => expect(moved(["a", "b", "c"], at, by).join("")).toBe(order));
});

it("an empty order is no rule", () => {
  const all = { mail: ["ad"], phone: ["kis"] };
  expect(withOrder(all, "mail", [])).toEqual({ phone: ["kis"] });
  expect(withOrder(all, "mail", ["kis", "ad"])).toEqual({ mail: ["kis", "ad"], phone: ["kis"] });
  expect(all.mail).toEqual(["ad"]);
});

describe("sameForm", () => {
  const form = { precedence: { mail: ["ad", "kis"] }, limit_percent: 5, limit_accounts: 25 };
  it.each([
    [{ ...form, precedence: { phone: [], mail: ["ad", "kis"] } }, true],
    [{ ...form, precedence: { mail: ["kis", "ad"] } }, false],
    [{ ...form, limit_percent: 6 }, false],
    [{ ...form, limit_accounts: 26 }, false],
  ])("%j", (other, same) => expect(sameForm(form, other)).toBe(same));
});

it.each([
  [5, 100, ""],
  [0, 100, "range"],
  [101, 100, "range"],
  [2.5, 100, "whole"],
  [Number.NaN, 100, "whole"],
])("wrongLimit(%d, %d)", (value, most, wrong) => expect(wrongLimit(value, most)).toBe(wrong));

describe("the hand", () => {
  it.each([
    ["mail", [], []],
    ["mail", ["ad"], ["hand", "ad"]],
    ["mail", ["ad", "hand", "kis"], ["ad", "hand", "kis"]],
    ["status", ["ad"], ["ad"]],
    ["unit", ["hand"], ["hand"]],
  ])("%s %j is read as %j and kept as it was", (field, kept, read) => {
    expect(asRead(field, kept, "hand")).toEqual(read);
    expect(asKept(field, read, "hand")).toEqual(kept);
  });

  it("moves like every other source, down and back", () => {
    const down = asKept("mail", moved(asRead("mail", ["ad", "kis"], "hand"), 0, 1), "hand");
    expect(down).toEqual(["ad", "hand", "kis"]);
    expect(asKept("mail", moved(asRead("mail", down, "hand"), 1, -1), "hand")).toEqual(["ad", "kis"]);
  });

  it("without any source the order is no rule", () => expect(asKept("mail", ["hand"], "hand")).toEqual([]));

  it("has always a place among values, and a place to give up elsewhere", () => {
    expect(["mail", "status", "unit"].map((field) => mayLeave(field, "hand", "hand"))).toEqual([false, true, true]);
    expect(mayLeave("mail", "ad", "hand")).toBe(true);
  });

  it.each([
    ["status", ["hand", "ad"], true],
    ["status", ["ad", "hand"], true],
    ["status", ["ad"], false],
    ["unit", ["hand", "ad"], false],
  ])("%s %j keeps people from being let go: %s", (field, list, decides) =>
    expect(handDecides(field, list, "hand")).toBe(decides));
});
