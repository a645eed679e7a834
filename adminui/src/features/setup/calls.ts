import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { createApi, unwrap } from "@wardline/uikit/api/client.ts";
import { useMe } from "@wardline/uikit/session/SessionProvider.tsx";
import type { Setup, SetupPaths, StepName, StepState } from "../../api/setup.ts";
import { api, sessionEnded } from "../../api.ts";

const setupApi = createApi<SetupPaths>({ onSignedOut: sessionEnded });
const key = ["setup"] as const;

/** useSetup reads the wizard; only an owner has one. */
export function useSetup() {
  const me = useMe();
  return useQuery({
    queryKey: key,
    queryFn: () => unwrap(setupApi.GET("/api/v1/setup")),
    enabled: me.roles?.includes("owner") ?? false,
  });
}

function useChange<In>(run: (input: In) => Promise<Setup>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: (setup) => queries.setQueryData(key, setup),
  });
}

export function useRename() {
  return useChange((body: { name: string; timezone: string }) => unwrap(setupApi.PUT("/api/v1/setup/name", { body })));
}

export function useSetStep() {
  return useChange(({ step, state }: { step: StepName; state: StepState }) =>
    unwrap(setupApi.PUT("/api/v1/setup/{step}", { params: { path: { step } }, body: { state } })),
  );
}

export function useTestMail() {
  return useMutation({ mutationFn: (to: string) => unwrap(setupApi.POST("/api/v1/setup/mail", { body: { to } })) });
}

export function useTestAlarm() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(setupApi.POST("/api/v1/setup/alarm")),
    onSuccess: () => queries.invalidateQueries({ queryKey: key }),
  });
}

/** useTestedAlarm follows the test alarm until somebody has accepted it. */
export function useTestedAlarm(id: string | undefined) {
  return useQuery({
    queryKey: ["alerts", id, "setup"],
    queryFn: () => unwrap(api.GET("/api/v1/alerts/{id}", { params: { path: { id: id ?? "" } } })),
    enabled: id !== undefined,
    refetchInterval: (query) => (query.state.data?.state === "accepted" ? false : 2_000),
  });
}
