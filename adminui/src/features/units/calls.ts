import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api } from "../../api.ts";

const unitsKey = ["units"] as const;

export function useUnits() {
  return useQuery({ queryKey: unitsKey, queryFn: () => unwrap(api.GET("/api/v1/units")) });
}

export function useAddRole() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ unit, name }: { unit: string; name: string }) =>
      unwrap(api.POST("/api/v1/units/{id}/roles", { params: { path: { id: unit } }, body: { name } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: unitsKey }),
  });
}

export function useDeleteRole() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => unwrap(api.DELETE("/api/v1/roles/{id}", { params: { path: { id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: unitsKey }),
  });
}
