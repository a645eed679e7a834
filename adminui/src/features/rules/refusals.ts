import { ApiError } from "@wardline/uikit/api/problem.ts";
import type { Rule } from "../../api/alerting.ts";

export interface Refusal {
  /** Of the rule it is about; empty when it is about the list. */
  name: string;
  /** Path inside the rule, as the hub calls it. */
  where: string;
  message: string;
}

/** refusals finds for each error of a 422 the rule it points at ("body.items[2].policy.need"). */
export function refusals(error: Error | null, items: readonly Rule[]): Refusal[] {
  if (!(error instanceof ApiError) || error.status !== 422) return [];
  return (error.problem.errors ?? []).map(({ location = "", message = "" }) => {
    const found = /items\[(\d+)\]\.?(.*)$/.exec(location);
    return { name: items[Number(found?.[1])]?.name ?? "", where: found?.[2] ?? "", message };
  });
}
