import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api } from "../../api.ts";
import type { PassMode } from "../../api/runs.ts";
import type { JsonObject } from "../../api/systems.ts";
import { withoutEmpty } from "../../components/useFilters.ts";
import { useLongList } from "../../components/useLongList.ts";

/** useRuns lists the runs of one connector, or of all. */
export function useRuns(connector: string) {
  return useLongList(["runs", "list", connector], (cursor) =>
    unwrap(api.GET("/api/v1/runs", { params: { query: withoutEmpty({ connector, cursor, limit: "25" }) } })),
  );
}

export function useRun(id: string) {
  return useQuery({
    queryKey: ["runs", id],
    queryFn: () => unwrap(api.GET("/api/v1/runs/{id}", { params: { path: { id } } })),
    // Told on the socket too; a run one is looking at should not wait for a lost hint.
    refetchInterval: ({ state }) => (state.data?.state === "running" ? 2_000 : false),
  });
}

export function useStartRun(connector: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { mode: PassMode; dry: boolean }) =>
      unwrap(api.POST("/api/v1/connectors/{id}/runs", { params: { path: { id: connector } }, body })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["runs"] }),
  });
}

/** usePreview reads the first people with a configuration that need not be saved. */
export function usePreview() {
  return useMutation({
    mutationFn: (body: { kind: string; id?: string; config: JsonObject }) =>
      unwrap(api.POST("/api/v1/connectors/preview", { body })),
    // People of a source are not kept once nobody looks at them.
    gcTime: 0,
  });
}

/** useConnectorName words the connector of a run; "" stands for one that is not listed. */
export function useConnectorName(): (id: string) => string {
  const query = useQuery({
    queryKey: ["connectors", "list"],
    queryFn: () => unwrap(api.GET("/api/v1/connectors")),
  });
  const names = new Map((query.data?.items ?? []).map(({ id, name }) => [id, name]));
  return (id) => names.get(id) ?? "";
}
