import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api } from "../../api.ts";
import type { Rule, RuleList, TrialSignal } from "../../api/alerting.ts";

const rulesKey = ["rules"] as const;

export function useRules() {
  return useQuery({ queryKey: rulesKey, queryFn: () => unwrap(api.GET("/api/v1/rules")) });
}

/** useSaveRules replaces the whole list; 412 when somebody else has saved since. */
export function useSaveRules() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ items, revision }: { items: readonly Rule[]; revision: number }) =>
      unwrap(
        api.PUT("/api/v1/rules", {
          params: { header: { "If-Match": `"${revision}"` } },
          body: { items: [...items] },
        }),
      ),
    onSuccess: (saved: RuleList) => queries.setQueryData(rulesKey, saved),
  });
}

export function useTry() {
  return useMutation({
    mutationFn: (signal: TrialSignal) => unwrap(api.POST("/api/v1/rules/try", { body: { signal } })),
  });
}

export interface Choices {
  connectors: { value: string; label: string }[];
  /** Codes of units, for wards and groups. */
  units: string[];
  roles: string[];
}

/** useChoices offers what exists; what it cannot read it leaves to typing. */
export function useChoices(): Choices {
  const connectors = useQuery({
    queryKey: ["connectors", "list"],
    queryFn: () => unwrap(api.GET("/api/v1/connectors")),
  });
  const units = useQuery({ queryKey: ["units"], queryFn: () => unwrap(api.GET("/api/v1/units")) });
  const items = units.data?.items ?? [];
  return {
    connectors: (connectors.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
    units: [...new Set(items.map(({ code }) => code))],
    roles: [...new Set(items.flatMap(({ roles }) => roles.map(({ name }) => name)))],
  };
}
