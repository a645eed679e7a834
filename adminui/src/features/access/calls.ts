import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { createApi, unwrap } from "@wardline/uikit/api/client.ts";
import type { Role } from "@wardline/uikit/session/authApi.ts";
import { useProve } from "@wardline/uikit/session/ProofProvider.tsx";
import type { AccessPaths } from "../../api/access.ts";
import { sessionEnded } from "../../api.ts";

export const accessApi = createApi<AccessPaths>({ onSignedOut: sessionEnded });

export function useAccess(account: string) {
  return useQuery({
    queryKey: ["access", account],
    queryFn: () => unwrap(accessApi.GET("/api/v1/accounts/{id}/access", { params: { path: { id: account } } })),
  });
}

export type Ended =
  | { what: "sessions" | "totp" }
  | { what: "session" | "device" | "passkey"; id: string };

function end(id: string, ended: Ended): Promise<void> {
  const at = { params: { path: { id } } };
  switch (ended.what) {
    case "sessions":
      return unwrap(accessApi.DELETE("/api/v1/accounts/{id}/sessions", at));
    case "totp":
      return unwrap(accessApi.DELETE("/api/v1/accounts/{id}/totp", at));
    case "session":
      return unwrap(accessApi.DELETE("/api/v1/accounts/{id}/sessions/{sid}", { params: { path: { id, sid: ended.id } } }));
    case "device":
      return unwrap(accessApi.DELETE("/api/v1/accounts/{id}/devices/{did}", { params: { path: { id, did: ended.id } } }));
    case "passkey":
      return unwrap(accessApi.DELETE("/api/v1/accounts/{id}/passkeys/{pid}", { params: { path: { id, pid: ended.id } } }));
  }
}

/** useAccessChange is a mutation that asks for a fresh proof where the hub wants one. */
export function useAccessChange<In, Out>(run: (input: In) => Promise<Out>) {
  const prove = useProve();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (input: In) => prove(() => run(input)),
    onSuccess: () =>
      Promise.all(["access", "persons"].map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  });
}

export function useEnd(account: string) {
  return useAccessChange((ended: Ended) => end(account, ended));
}

export function useSetRoles(account: string) {
  return useAccessChange((roles: Role[]) =>
    unwrap(accessApi.PUT("/api/v1/accounts/{id}/roles", { params: { path: { id: account } }, body: { roles } })),
  );
}

export function useWaitingDevices() {
  return useQuery({
    queryKey: ["access", "waiting"],
    queryFn: () => unwrap(accessApi.GET("/api/v1/access/devices")),
    refetchInterval: 15_000,
  });
}

export function useJudgeDevice() {
  return useAccessChange(({ id, approve }: { id: string; approve: boolean }) => {
    const at = { params: { path: { id } } };
    return unwrap(
      approve
        ? accessApi.POST("/api/v1/access/devices/{id}/approve", at)
        : accessApi.POST("/api/v1/access/devices/{id}/refuse", at),
    );
  });
}

export function useDeviceCodes() {
  return useQuery({
    queryKey: ["access", "device-codes"],
    queryFn: () => unwrap(accessApi.GET("/api/v1/access/device-codes")),
  });
}

export function useMakeDeviceCode() {
  return useAccessChange((body: { label: string; hours: number }) =>
    unwrap(accessApi.POST("/api/v1/access/device-codes", { body })),
  );
}

export function useDropDeviceCode() {
  return useAccessChange((id: string) =>
    unwrap(accessApi.DELETE("/api/v1/access/device-codes/{id}", { params: { path: { id } } })),
  );
}
