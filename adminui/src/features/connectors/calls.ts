import { useMutation, useQuery } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api } from "../../api.ts";
import type { Connector, ConnectorWrite, JsonObject, Scope } from "../../api/systems.ts";
import { useChange } from "../../components/useChange.ts";

const byId = (id: string) => ({ path: { id } });

export function useKinds() {
  return useQuery({
    queryKey: ["kinds"],
    queryFn: () => unwrap(api.GET("/api/v1/kinds")),
    // Kinds are compiled in: they change only with the hub's version.
    staleTime: 3_600_000,
  });
}

export function useConnectors() {
  return useQuery({
    queryKey: ["connectors", "list"],
    queryFn: () => unwrap(api.GET("/api/v1/connectors")),
  });
}

export function useConnector(id: string) {
  return useQuery({
    queryKey: ["connectors", id],
    queryFn: () => unwrap(api.GET("/api/v1/connectors/{id}", { params: byId(id) })),
  });
}

export function useRevisions(id: string) {
  return useQuery({
    queryKey: ["connectors", id, "revisions"],
    queryFn: () => unwrap(api.GET("/api/v1/connectors/{id}/revisions", { params: byId(id) })),
  });
}

export function useTokens(id: string) {
  return useQuery({
    queryKey: ["connectors", id, "tokens"],
    queryFn: () => unwrap(api.GET("/api/v1/connectors/{id}/tokens", { params: byId(id) })),
  });
}

const shows = ["connectors"];

export interface SaveInput {
  /** Absent for a new connector. */
  base?: Connector;
  kind: string;
  body: ConnectorWrite;
}

/** useSave creates, or replaces the revision the writer has seen (412 otherwise). */
export function useSave() {
  return useChange(shows, ({ base, kind, body }: SaveInput) =>
    base
      ? unwrap(
          api.PUT("/api/v1/connectors/{id}", {
            params: { ...byId(base.id), header: { "If-Match": `"${base.revision}"` } },
            body,
          }),
        )
      : unwrap(api.POST("/api/v1/connectors", { body: { ...body, kind } })),
  );
}

export function useTest() {
  return useMutation({
    mutationFn: (body: { kind: string; id?: string; config: JsonObject }) =>
      unwrap(api.POST("/api/v1/connectors/test", { body })),
  });
}

export function useRevert(id: string) {
  return useChange(shows, (revision: number) =>
    unwrap(api.POST("/api/v1/connectors/{id}/revert", { params: byId(id), body: { revision } })),
  );
}

export function useDelete(id: string, onDone: () => void) {
  return useChange(shows, () => unwrap(api.DELETE("/api/v1/connectors/{id}", { params: byId(id) })), onDone);
}

export function useCreateToken(id: string) {
  return useChange(shows, (body: { name: string; scopes: Scope[]; wards: string[] }) =>
    unwrap(api.POST("/api/v1/connectors/{id}/tokens", { params: byId(id), body })),
  );
}

export function useRevokeToken(id: string) {
  return useChange(shows, (tid: string) =>
    unwrap(api.DELETE("/api/v1/connectors/{id}/tokens/{tid}", { params: { path: { id, tid } } })),
  );
}
