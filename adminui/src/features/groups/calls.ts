import { useMutation, useQuery } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api } from "../../api.ts";
import type { GroupSave } from "../../api/staff.ts";
import { useChange } from "../../components/useChange.ts";
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

const shows = ["groups", "units", "persons", "followings"];

/** useSaveGroup makes a group (without an id) or changes one; 409 "stale" when others have saved. */
export function useSaveGroup() {
  return useChange(shows, ({ id, ...body }: GroupSave & { id?: string }) =>
    unwrap(
      id
        ? api.PUT("/api/v1/groups/{id}", { params: { path: { id } }, body })
        : api.POST("/api/v1/groups", { body }),
    ),
  );
}

export function useDeleteGroup(onDone: () => void) {
  return useChange(
    shows,
    (id: string) => unwrap(api.DELETE("/api/v1/groups/{id}", { params: { path: { id } } })),
    onDone,
  );
}
