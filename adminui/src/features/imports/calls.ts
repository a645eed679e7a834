import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api } from "../../api.ts";
import type { ImportAsk } from "../../api/runs.ts";

/** useUpload hands a file in; the hub keeps it sealed for a day, for mapping and trying. */
export function useUpload() {
  return useMutation({
    mutationFn: ({ file, connector }: { file: File; connector: string }) => {
      const body = new FormData();
      body.append("file", file);
      if (connector) body.append("connector", connector);
      return unwrap(api.POST("/api/v1/imports", { body }));
    },
  });
}

interface Order {
  id: string;
  ask: ImportAsk;
}

export function useDryImport() {
  return useMutation({
    mutationFn: ({ id, ask }: Order) =>
      unwrap(api.POST("/api/v1/imports/{id}/dry", { params: { path: { id } }, body: ask })),
  });
}

export function useApplyImport() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ask }: Order) =>
      unwrap(api.POST("/api/v1/imports/{id}/apply", { params: { path: { id } }, body: ask })),
    onSettled: () =>
      Promise.all(
        ["persons", "units", "groups", "plans", "runs", "conflicts", "overview"].map((key) =>
          queries.invalidateQueries({ queryKey: [key] }),
        ),
      ),
  });
}

/** useSheetChoices are the connectors a file may belong to. */
export function useSheetChoices() {
  const query = useQuery({
    queryKey: ["connectors", "list"],
    queryFn: () => unwrap(api.GET("/api/v1/connectors")),
  });
  return (query.data?.items ?? []).filter(({ kind }) => kind === "sheet").map(({ id, name }) => ({ value: id, label: name }));
}
