import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api } from "../../api.ts";
import type { PlanState } from "../../api/directory.ts";
import { useLongList } from "../../components/useLongList.ts";

export function usePlans(state: PlanState) {
  return useLongList(["plans", "list", state], (cursor) =>
    unwrap(api.GET("/api/v1/plans", { params: { query: { state, ...(cursor ? { cursor } : {}) } } })),
  );
}

export function usePlan(id: string) {
  return useQuery({
    queryKey: ["plans", id],
    queryFn: () => unwrap(api.GET("/api/v1/plans/{id}", { params: { path: { id } } })),
  });
}

/** Whatever comes of a decision, the plan on the screen is read again: others decide too. */
function useDecision<In>(run: (input: In) => Promise<void>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSettled: () => queries.invalidateQueries({ queryKey: ["plans"] }),
  });
}

export function useApprove(id: string) {
  return useDecision((typed: string) =>
    unwrap(
      api.POST("/api/v1/plans/{id}/approve", {
        params: { path: { id } },
        body: { type_to_confirm: typed },
      }),
    ),
  );
}

export function useReject(id: string) {
  return useDecision((comment: string) =>
    unwrap(api.POST("/api/v1/plans/{id}/reject", { params: { path: { id } }, body: { comment } })),
  );
}
