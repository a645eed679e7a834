import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api } from "../../api.ts";
import { withoutEmpty, type Filters } from "../../components/useFilters.ts";
import { useLongList } from "../../components/useLongList.ts";
import { instant } from "./instant.ts";

export const filterNames = ["connector", "type", "control_id", "status", "fault", "from", "to"] as const;

export type MessageFilters = Filters<(typeof filterNames)[number]>;

export function useMessages(filters: MessageFilters) {
  const asked = withoutEmpty({ ...filters, from: instant(filters.from), to: instant(filters.to) });
  return useLongList(["messages", "list", asked], (cursor) =>
    unwrap(
      api.GET("/api/v1/messages", { params: { query: { ...asked, ...(cursor ? { cursor } : {}) } } }),
    ),
  );
}

export function useFaults() {
  return useQuery({
    queryKey: ["messages", "errors"],
    queryFn: () => unwrap(api.GET("/api/v1/messages/errors")),
  });
}

/** useMessage reads one message once: each reading is a line in the audit log. */
export function useMessage(id: string) {
  return useQuery({
    queryKey: ["message", id],
    queryFn: () => unwrap(api.GET("/api/v1/messages/{id}", { params: { path: { id } } })),
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

export function useReplay(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/messages/{id}/replay", { params: { path: { id } } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["messages"] });
      await queries.invalidateQueries({ queryKey: ["message", id] });
    },
  });
}

export function useConnectorChoices() {
  const query = useQuery({
    queryKey: ["connectors", "list"],
    queryFn: () => unwrap(api.GET("/api/v1/connectors")),
  });
  return (query.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }));
}
