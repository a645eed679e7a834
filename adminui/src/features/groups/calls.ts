import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api } from "../../api.ts";
import type { GroupSave } from "../../api/staff.ts";
import { useLongList } from "../../components/useLongList.ts";

const groupsKey = ["groups"] as const;

export function useGroups() {
  return useQuery({ queryKey: [...groupsKey, "list"], queryFn: () => unwrap(api.GET("/api/v1/groups")) });
}

export function useGroupChoices() {
  return (useGroups().data?.items ?? []).map(({ id, name, kind }) => ({ value: id, label: name, kind }));
}

export function useGroup(id: string) {
  const query = useGroups();
  return { ...query, group: query.data?.items.find((group) => group.id === id) };
}

export function useMembers(id: string) {
  return useLongList([...groupsKey, id, "members"], (cursor) =>
    unwrap(
      api.GET("/api/v1/groups/{id}/members", {
        params: { path: { id }, query: cursor ? { cursor } : {} },
      }),
    ),
  );
}

export function usePreviewGroup() {
  return useMutation({
    mutationFn: (body: GroupSave & { id?: string }) => unwrap(api.POST("/api/v1/groups/preview", { body })),
  });
}

/** onDone is for what the change takes off the page: it comes even when that is gone already. */
function useGroupChange<In, Out>(run: (input: In) => Promise<Out>, onDone?: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: () => {
      onDone?.();
      return Promise.all(
        ["groups", "units", "persons", "followings"].map((key) => queries.invalidateQueries({ queryKey: [key] })),
      );
    },
  });
}

/** useSaveGroup makes a group (without an id) or changes one; 409 "stale" when others have saved. */
export function useSaveGroup() {
  return useGroupChange(({ id, ...body }: GroupSave & { id?: string }) =>
    unwrap(
      id
        ? api.PUT("/api/v1/groups/{id}", { params: { path: { id } }, body })
        : api.POST("/api/v1/groups", { body }),
    ),
  );
}

export function useDeleteGroup(onDone: () => void) {
  return useGroupChange(
    (id: string) => unwrap(api.DELETE("/api/v1/groups/{id}", { params: { path: { id } } })),
    onDone,
  );
}
