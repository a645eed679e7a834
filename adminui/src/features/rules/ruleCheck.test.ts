import { describe, expect, it } from "vitest";
import type { Rule } from "../../api/alerting.ts";
import { ruleProblems, tidyMatch } from "./ruleCheck.ts";
import { newRule } from "./ruleList.ts";

const good: Rule = { ...newRule(), name: "Nachts" };

function withPolicy(change: Partial<Rule["policy"]>): Rule {
  return { ...good, policy: { ...good.policy, ...change } };
}

describe("ruleProblems", () => {
  it("has nothing against the default", () => expect(ruleProblems(good)).toEqual([]));

  const cases: [string, Rule, string][] = [
    ["no name", { ...good, name: " " }, "name"],
    ["no steps", withPolicy({ steps: [] }), "steps"],
    ["a step without targets", withPolicy({ steps: [{ targets: [], seconds: 30 }] }), "steps.0.targets"],
    ["a step of no time", withPolicy({ steps: [{ targets: [{ kind: "duty" }], seconds: 4 }] }), "steps.0.seconds"],
    ["a group without a name", withPolicy({ steps: [{ targets: [{ kind: "group" }], seconds: 30 }] }), "steps.0.targets"],
    ["half a person", withPolicy({ need: 0.5 }), "need"],
    ["an age of no time", withPolicy({ max_seconds: 59 }), "max_seconds"],
    ["priorities the wrong way round", { ...good, match: { min_priority: 3, max_priority: 1 } }, "max_priority"],
  ];

  it.each(cases)("%s", (_, rule, field) => {
    expect(ruleProblems(rule).map((problem) => problem.field)).toEqual([field]);
  });
});

it("tidyMatch keeps what narrows, zero included", () => {
  expect(tidyMatch({ wards: [], from: "", kinds: ["x"], min_priority: 0 })).toEqual({
    kinds: ["x"],
    min_priority: 0,
  });
});
