import type { TFunction } from "i18next";
import type { Plan, PlanAction, PlanOp, PlanReason } from "../../api/directory.ts";

type T = TFunction<"plans">;

export const ops: readonly PlanOp[] = ["lock", "create", "update", "unlock"];

const known = new Set(["empty", "shrunk", "too_many_locks"]);

/** reasonText says why the brake stopped, with the numbers it looked at. */
export function reasonText({ code, numbers = {} }: PlanReason, t: T): string {
  const { known: before = 0, mentioned = 0, missing = before - mentioned, locks = 0 } = numbers;
  const key = known.has(code) ? code : "other";
  return t(`why.${key}`, { code, known: before, mentioned, missing, locks });
}

/** limitsText names the limits the brake had then; "" where the plan does not say. */
export function limitsText({ numbers = {} }: PlanReason, t: T): string {
  const { limit_percent: percent, limit_accounts: accounts } = numbers;
  return percent === undefined || accounts === undefined ? "" : t("limits", { percent, accounts });
}

/** countsText is a plan in a few words, what hurts first: "3 gesperrt, 1 neu". */
export function countsText(counts: Plan["counts"], t: T): string {
  return ops
    .filter((op) => counts[op] > 0)
    .map((op) => t(`countText.${op}`, { count: counts[op] }))
    .join(", ");
}

/** actionsOf keeps the actions of one kind, or all with what hurts first. */
export function actionsOf(actions: readonly PlanAction[], op: string): PlanAction[] {
  const chosen = op ? actions.filter((action) => action.op === op) : [...actions];
  return chosen.sort((a, b) => ops.indexOf(a.op) - ops.indexOf(b.op));
}
