import type { TFunction } from "i18next";
import type { Plan, PlanDetail, PlanOp, PlanReason } from "../../api/directory.ts";

type T = TFunction<"plans">;

/** The kinds a plan counts, what hurts first. */
export const ops = ["lock", "create", "update", "unlock", "link"] as const satisfies readonly PlanOp[];

const known = new Set(["empty", "shrunk", "too_many_locks", "undone", "administrators"]);

/** reasonText says why the brake stopped, with the numbers it looked at. */
export function reasonText({ code, numbers = {} }: PlanReason, t: T): string {
  const { known: before = 0, mentioned = 0, missing = before - mentioned, locks = 0 } = numbers;
  const key = known.has(code) ? code : "other";
  return t(`why.${key}`, { code, known: before, mentioned, missing, locks });
}

/** limitsText names the limits the brake had then; "" where the plan does not say or was not held by them. */
export function limitsText({ code, numbers = {} }: PlanReason, t: T): string {
  if (code === "undone" || code === "administrators") return "";
  const { limit_percent: percent, limit_accounts: accounts } = numbers;
  return percent === undefined || accounts === undefined ? "" : t("limits", { percent, accounts });
}

/** commentText is what was said with a judgement; the hub itself names by a code why it made one. */
export function commentText(comment: string, t: T): string {
  return comment === "superseded" ? t("superseded") : t("commentOf", { comment });
}

/** countsText is a plan in a few words, what hurts first: "3 gesperrt, 1 neu". */
export function countsText(counts: Plan["counts"], t: T): string {
  return ops
    .filter((op) => (counts[op] ?? 0) > 0)
    .map((op) => t(`countText.${op}`, { count: counts[op] ?? 0 }))
    .join(", ");
}

export interface Tab {
  name: string;
  count: number;
}

/** tabsOf lists the kinds a plan has, locks first, and last those with an obstacle. */
export function tabsOf({ counts, problems }: Pick<PlanDetail, "counts" | "problems">): Tab[] {
  const kinds: Tab[] = ops.map((name) => ({ name, count: counts[name] ?? 0 }));
  return [...kinds, { name: "problem", count: problems }].filter(({ count }) => count > 0);
}

/** total is how many people a plan touches. */
export function total(counts: Plan["counts"]): number {
  return ops.reduce((sum, op) => sum + (counts[op] ?? 0), 0);
}
