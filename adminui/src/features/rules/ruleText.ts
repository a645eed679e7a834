import type { TFunction } from "i18next";
import { priorities } from "@wardline/uikit/theme/priority.ts";
import type { Match, Step, Target } from "../../api/alerting.ts";

type T = TFunction<"rules">;

function priorityText({ min_priority: min, max_priority: max }: Match, t: T): string {
  const name = (value: number): string => t(`priority.${priorities[value] ?? "normal"}`);
  if (min !== undefined && max !== undefined) {
    return min === max ? name(min) : t("when.between", { min: name(min), max: name(max) });
  }
  if (min !== undefined) return t("when.atLeast", { min: name(min) });
  return max === undefined ? "" : t("when.atMost", { max: name(max) });
}

function timeText({ from, to, weekdays = [] }: Match, t: T): string {
  const days = weekdays.map((day) => t(`weekday.${day}`)).join(", ");
  const hours = from || to ? t("when.hours", { from: from || "00:00", to: to || "24:00" }) : "";
  return [days, hours].filter(Boolean).join(" ");
}

/** matchText says in one line which calls a rule takes. */
export function matchText(match: Match, connectorName: (id: string) => string, t: T): string {
  const list = (key: string, values: string[] = []): string =>
    values.length > 0 ? t(key, { list: values.join(", ") }) : "";
  const parts = [
    list("when.kinds", match.kinds),
    list("when.connectors", match.connectors?.map(connectorName)),
    list("when.wards", match.wards),
    list("when.rooms", match.rooms),
    list("when.beds", match.beds),
    priorityText(match, t),
    timeText(match, t),
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(" · ") : t("when.any");
}

export function targetText({ kind, code }: Target, t: T): string {
  return code ? t(`target.${kind}Of`, { code }) : t(`target.${kind}`);
}

/** stepsText says in one line whom a rule calls and for how long. */
export function stepsText(steps: readonly Step[], t: T): string {
  return steps
    .map(({ targets, seconds }) =>
      t("stepText", { who: targets.map((target) => targetText(target, t)).join(" + "), seconds }),
    )
    .join(" → ");
}
