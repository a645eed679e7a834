import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api } from "../../api.ts";
import type { Following, UnitEdit } from "../../api/staff.ts";

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

export function useFollowings() {
  return useQuery({ queryKey: ["followings"], queryFn: () => unwrap(api.GET("/api/v1/followings")) });
}

export function useFollow() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { following: Following; on: boolean }) => unwrap(api.PUT("/api/v1/followings", { body })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["followings"] }),
  });
}

/** useSaveUnit adds a unit, or renames and moves the one with an id. */
export function useSaveUnit() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ id, body }: { id?: string; body: UnitEdit }): Promise<void> => {
      if (id) await unwrap(api.PUT("/api/v1/units/{id}", { params: { path: { id } }, body }));
      else await unwrap(api.POST("/api/v1/units", { body }));
    },
    onSuccess: () =>
      Promise.all([unitsKey, ["persons"], ["groups"]].map((queryKey) => queries.invalidateQueries({ queryKey }))),
  });
}
