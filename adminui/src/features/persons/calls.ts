import { useMutation, useQuery, useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { useProve } from "@wardline/uikit/session/ProofProvider.tsx";
import { api } from "../../api.ts";
import type { Person } from "../../api/directory.ts";
import type { List } from "../../api/list.ts";
import type { Bulk, Entry } from "../../api/staff.ts";
import { useChange } from "../../components/useChange.ts";
import { withoutEmpty, type Filters } from "../../components/useFilters.ts";
import { useLongList } from "../../components/useLongList.ts";

/** What narrows the list; the order is apart, since it changes nobody's being in it. */
export const narrowing = ["q", "unit", "state", "source", "group"] as const;

export const filterNames = [...narrowing, "sort", "dir"] as const;

export type PersonFilters = Filters<(typeof filterNames)[number]>;

/** usePersons lists people part by part; total is how many there are in all, once the hub has said so. */
export function usePersons(filters: PersonFilters) {
  const queries = useQueryClient();
  const asked = withoutEmpty({ limit: "50", ...filters });
  const key = ["persons", "list", asked];
  const query = useLongList(key, (cursor) =>
    unwrap(
      api.GET("/api/v1/persons", { params: { query: { ...asked, ...(cursor ? { cursor } : {}) } } }),
    ),
  );
  // Only the first part is counted, and the list itself forgets where its parts begin.
  const total = queries.getQueryData<InfiniteData<List<Person>>>(key)?.pages[0]?.total;
  return { query, total };
}

/** useFound looks a few people up by a part of their name or number. */
export function useFound(q: string) {
  return useQuery({
    queryKey: ["persons", "found", q],
    queryFn: () => unwrap(api.GET("/api/v1/persons", { params: { query: withoutEmpty({ q, limit: "20" }) } })),
    placeholderData: (before) => before,
  });
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
  const prove = useProve();
  return useMutation({
    mutationFn: () =>
      prove(() => unwrap(api.POST("/api/v1/accounts/{id}/code", { params: { path: { id: account } } }))),
    // The code must not stay in memory once its dialog is closed.
    gcTime: 0,
  });
}

const shows = ["persons", "units", "groups", "plans"];

export function useSetLock(account: string) {
  const params = { path: { id: account } };
  return useChange(shows, (lock: boolean) =>
    unwrap(
      lock
        ? api.POST("/api/v1/accounts/{id}/lock", { params })
        : api.POST("/api/v1/accounts/{id}/unlock", { params }),
    ),
  );
}

export function useEnter() {
  return useChange(shows, (body: { entry: Entry; confirm: boolean }) =>
    unwrap(api.POST("/api/v1/persons", { body })),
  );
}

export function useEditByHand(id: string) {
  return useChange(shows, (body: Entry) =>
    unwrap(api.PUT("/api/v1/persons/{id}/values", { params: { path: { id } }, body })),
  );
}

export function useErase(id: string, onDone: () => void) {
  const params = { path: { id } };
  return useChange(
    shows,
    (typed: string) =>
      unwrap(api.POST("/api/v1/persons/{id}/erase", { params, body: { type_to_confirm: typed } })),
    onDone,
  );
}

/** useBulkTrial works a bulk out and changes nobody. */
export function useBulkTrial() {
  return useMutation({
    mutationFn: (bulk: Bulk) => unwrap(api.POST("/api/v1/persons/bulk", { body: { bulk, dry: true } })),
  });
}

export function useBulk() {
  return useChange(shows, (bulk: Bulk) =>
    unwrap(api.POST("/api/v1/persons/bulk", { body: { bulk, dry: false } })),
  );
}
