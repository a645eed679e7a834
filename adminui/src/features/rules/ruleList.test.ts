import { describe, expect, it } from "vitest";
import type { Rule } from "../../api/alerting.ts";
import { newId, newRule, ruleList, sameRules, type RuleAction } from "./ruleList.ts";

function rule(id: string, catchAll = false): Rule {
  return { ...newRule(), id, name: id, catch_all: catchAll };
}

const list = [rule("a"), rule("b"), rule("all", true)];

function after(action: RuleAction): string {
  return ruleList(list, action)
    .map(({ id, enabled }) => id + (enabled ? "" : "-"))
    .join(" ");
}

describe("ruleList", () => {
  const cases: [string, RuleAction, string][] = [
    ["moves down", { type: "move", id: "a", by: 1 }, "b a all"],
    ["moves up", { type: "move", id: "b", by: -1 }, "b a all"],
    ["does not move above the top", { type: "move", id: "a", by: -1 }, "a b all"],
    ["does not move below the catch-all", { type: "move", id: "b", by: 1 }, "a b all"],
    ["does not move the catch-all", { type: "move", id: "all", by: -1 }, "a b all"],
    ["knows no strangers", { type: "move", id: "x", by: 1 }, "a b all"],
    ["puts a new rule before the catch-all", { type: "put", rule: rule("n") }, "a b n all"],
    ["replaces in place", { type: "put", rule: { ...rule("a"), enabled: false } }, "a- b all"],
    ["turns off", { type: "enable", id: "b", enabled: false }, "a b- all"],
    ["does not turn the catch-all off", { type: "enable", id: "all", enabled: false }, "a b all"],
    ["removes", { type: "remove", id: "a" }, "b all"],
    ["does not remove the catch-all", { type: "remove", id: "all" }, "a b all"],
  ];

  it.each(cases)("%s", (_, action, ids) => expect(after(action)).toBe(ids));

  it("does not touch the list it was given", () => {
    const before = structuredClone(list);
    ruleList(list, { type: "move", id: "a", by: 1 });
    expect(sameRules(list, before)).toBe(true);
  });
});

it("newId makes UUIDs of version 4", () => {
  expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(newId()).not.toBe(newId());
});
