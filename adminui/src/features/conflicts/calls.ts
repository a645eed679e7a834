import { useMutation, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api } from "../../api.ts";
import type { ConflictState } from "../../api/staff.ts";
import { useLongList } from "../../components/useLongList.ts";

export function useConflicts(state: ConflictState) {
  return useLongList(["conflicts", "list", state], (cursor) =>
    unwrap(api.GET("/api/v1/conflicts", { params: { query: { state, limit: "25", ...(cursor ? { cursor } : {}) } } })),
  );
}

export interface Decision {
  as: Exclude<ConflictState, "open">;
  /** Of "same": one of the candidates. */
  person_id?: string;
}

/** useDecide answers a question; whatever comes of it, the queue is read again: others answer too. */
export function useDecide(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Decision) =>
      unwrap(api.POST("/api/v1/conflicts/{id}", { params: { path: { id } }, body })),
    onSettled: () =>
      Promise.all(
        ["conflicts", "persons", "overview"].map((key) => queries.invalidateQueries({ queryKey: [key] })),
      ),
  });
}
