import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api } from "../../api.ts";
import { withoutEmpty, type Filters } from "../../components/useFilters.ts";
import { useLongList } from "../../components/useLongList.ts";

export const filterNames = ["q", "unit", "state"] as const;

export type PersonFilters = Filters<(typeof filterNames)[number]>;

export function usePersons(filters: PersonFilters) {
  const asked = withoutEmpty(filters);
  return useLongList(["persons", "list", asked], (cursor) =>
    unwrap(
      api.GET("/api/v1/persons", { params: { query: { ...asked, ...(cursor ? { cursor } : {}) } } }),
    ),
  );
}

export function usePerson(id: string) {
  return useQuery({
    queryKey: ["persons", id],
    queryFn: () => unwrap(api.GET("/api/v1/persons/{id}", { params: { path: { id } } })),
  });
}

export function useUnitChoices() {
  const query = useQuery({ queryKey: ["units"], queryFn: () => unwrap(api.GET("/api/v1/units")) });
  return (query.data?.items ?? []).map(({ code, name }) => ({ value: code, label: `${name} (${code})` }));
}

/** useIssueCode makes an activation code; a new one ends the one before. */
export function useIssueCode(account: string) {
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/accounts/{id}/code", { params: { path: { id: account } } })),
    // The code must not stay in memory once its dialog is closed.
    gcTime: 0,
  });
}

export function useSetLock(account: string) {
  const queries = useQueryClient();
  const params = { path: { id: account } };
  return useMutation({
    mutationFn: (lock: boolean) =>
      unwrap(
        lock
          ? api.POST("/api/v1/accounts/{id}/lock", { params })
          : api.POST("/api/v1/accounts/{id}/unlock", { params }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["persons"] }),
  });
}
