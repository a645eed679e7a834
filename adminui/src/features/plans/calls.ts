import { useMutation, useQuery } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api, queries } from "../../api.ts";
import type { PlanState } from "../../api/directory.ts";
import type { Undone } from "../../api/staff.ts";
import { withoutEmpty } from "../../components/useFilters.ts";
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

export const actionsPart = 100;

/** useActions reads a plan's people part by part; "problem" is those with an obstacle. */
export function useActions(id: string, { op, q }: { op: string; q: string }) {
  const asked = withoutEmpty({
    q,
    ...(op === "problem" ? { problem: "any" } : { op }),
    limit: String(actionsPart),
  });
  return useLongList(["plans", id, "actions", asked], (cursor) =>
    unwrap(
      api.GET("/api/v1/plans/{id}/actions", {
        params: { path: { id }, query: { ...asked, ...(cursor ? { cursor } : {}) } },
      }),
    ),
  );
}

/** undoPlan takes an applied plan back; everything that shows people is read again. */
export async function undoPlan(id: string): Promise<Undone> {
  try {
    return await unwrap(api.POST("/api/v1/plans/{id}/undo", { params: { path: { id } } }));
  } finally {
    for (const key of ["plans", "persons", "runs", "units", "groups"]) {
      void queries.invalidateQueries({ queryKey: [key] });
    }
  }
}

export function useUndo() {
  return useMutation({ mutationFn: undoPlan });
}

/**
 * Whatever comes of a decision, the plan on the screen is read again: others decide too. onDone
 * is not for mutate(): the live socket may take the button off the page before the answer is
 * here, and what was given to mutate() goes with it.
 */
function useDecision<In>(run: (input: In) => Promise<void>, onDone: () => void) {
  return useMutation({
    mutationFn: run,
    onSuccess: onDone,
    onSettled: () => queries.invalidateQueries({ queryKey: ["plans"] }),
  });
}

export function useApprove(id: string, onDone: () => void) {
  const params = { path: { id } };
  return useDecision(
    (typed: string) =>
      unwrap(api.POST("/api/v1/plans/{id}/approve", { params, body: { type_to_confirm: typed } })),
    onDone,
  );
}

export function useReject(id: string, onDone: () => void) {
  const params = { path: { id } };
  return useDecision(
    (comment: string) => unwrap(api.POST("/api/v1/plans/{id}/reject", { params, body: { comment } })),
    onDone,
  );
}
