import type { Match, Rule } from "../../api/alerting.ts";

/** What is wrong with a rule: the field and a key in namespace "rules". */
export interface RuleProblem {
  field: string;
  key: string;
}

function between(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function matchProblems({ min_priority: min, max_priority: max }: Match): RuleProblem[] {
  return min !== undefined && max !== undefined && min > max
    ? [{ field: "max_priority", key: "wrong.priority" }]
    : [];
}

/** ruleProblems says at once what the hub would refuse (alerting/validate.go has the same limits). */
export function ruleProblems(rule: Rule): RuleProblem[] {
  const { policy } = rule;
  const found: RuleProblem[] = [];
  const require = (ok: boolean, field: string, key: string): void => {
    if (!ok) found.push({ field, key });
  };
  require(rule.name.trim().length > 0 && [...rule.name].length <= 120, "name", "wrong.name");
  require(between(policy.steps.length, 1, 10), "steps", "wrong.steps");
  policy.steps.forEach((step, i) => {
    require(between(step.seconds, 5, 86_400), `steps.${i}.seconds`, "wrong.seconds");
    require(between(step.targets.length, 1, 8), `steps.${i}.targets`, "wrong.targets");
    const nameless = step.targets.some(({ kind, code }) => kind === "group" && !code);
    require(!nameless, `steps.${i}.targets`, "wrong.group");
  });
  require(between(policy.need, 1, 50), "need", "wrong.need");
  require(between(policy.accept_seconds, 0, 86_400), "accept_seconds", "wrong.accept");
  require(between(policy.max_seconds, 60, 604_800), "max_seconds", "wrong.max");
  return [...found, ...matchProblems(rule.match)];
}

/** tidyMatch leaves out what narrows nothing: the hub reads an absent field as "any". */
export function tidyMatch(match: Match): Match {
  const set = Object.entries(match).filter(
    ([, value]) => value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(set);
}
