import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api } from "../../api.ts";
import type { RulesForm } from "../../api/staff.ts";

const precedenceKey = ["precedence"] as const;

export function usePrecedence() {
  return useQuery({ queryKey: precedenceKey, queryFn: () => unwrap(api.GET("/api/v1/directory/rules")) });
}

export function usePreviewRules() {
  return useMutation({
    mutationFn: (body: RulesForm) => unwrap(api.POST("/api/v1/directory/rules/preview", { body })),
  });
}

/** useSavePrecedence is 412 when somebody else has saved since. */
export function useSavePrecedence() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ revision, form }: { revision: number; form: RulesForm }) =>
      unwrap(
        api.PUT("/api/v1/directory/rules", {
          params: { header: { "If-Match": `"${revision}"` } },
          body: form,
        }),
      ),
    onSuccess: (saved) => {
      queries.setQueryData(precedenceKey, saved);
      return queries.invalidateQueries({ queryKey: ["persons"] });
    },
  });
}

export interface Source {
  id: string;
  name: string;
}

/** useSources are the connectors that can state people. */
export function useSources(): Source[] {
  const connectors = useQuery({
    queryKey: ["connectors", "list"],
    queryFn: () => unwrap(api.GET("/api/v1/connectors")),
  });
  const stating = new Set(["ldap", "fhir-r4", "hl7v2-mllp", "sheet", "scim"]);
  return (connectors.data?.items ?? []).filter(({ kind }) => stating.has(kind)).map(({ id, name }) => ({ id, name }));
}
