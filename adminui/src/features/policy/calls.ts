import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { useProve } from "@wardline/uikit/session/ProofProvider.tsx";
import type { AccessPolicy } from "../../api/access.ts";
import { accessApi } from "../access/calls.ts";

export interface StoredPolicy {
  policy: AccessPolicy;
  revision: string;
}

async function read(): Promise<StoredPolicy> {
  const answer = accessApi.GET("/api/v1/access/policy");
  const policy = await unwrap(answer);
  return { policy, revision: (await answer).response.headers.get("ETag") ?? "" };
}

const key = ["access", "policy"] as const;

export function usePolicy() {
  return useQuery({ queryKey: key, queryFn: read });
}

export function useSavePolicy() {
  const prove = useProve();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ policy, revision }: StoredPolicy) =>
      prove(() =>
        unwrap(
          accessApi.PUT("/api/v1/access/policy", {
            params: { header: { "If-Match": revision } },
            body: policy,
          }),
        ),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["access"] }),
  });
}

export function useTestIssuer() {
  const prove = useProve();
  return useMutation({
    mutationFn: (issuer: string) => prove(() => unwrap(accessApi.POST("/api/v1/access/policy/test", { body: { issuer } }))),
  });
}
