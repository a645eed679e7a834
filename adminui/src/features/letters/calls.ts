import { useQuery } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api } from "../../api.ts";
import { accessApi, useAccessChange } from "../access/calls.ts";

export function useInvited(unit: string) {
  return useQuery({
    queryKey: ["persons", "invited", unit],
    queryFn: () =>
      unwrap(
        api.GET("/api/v1/persons", {
          params: { query: { state: "invited", limit: "200", ...(unit ? { unit } : {}) } },
        }),
      ),
  });
}

export function useLetters() {
  return useAccessChange((accounts: string[]) => unwrap(accessApi.POST("/api/v1/access/letters", { body: { accounts } })));
}

export function usePosters() {
  return useQuery({
    queryKey: ["access", "posters"],
    queryFn: () => unwrap(accessApi.GET("/api/v1/access/posters")),
  });
}

export function useMakePoster() {
  return useAccessChange((body: { unit_id: string; hours: number }) =>
    unwrap(accessApi.POST("/api/v1/access/posters", { body })),
  );
}

export function useEndPoster() {
  return useAccessChange((id: string) =>
    unwrap(accessApi.DELETE("/api/v1/access/posters/{id}", { params: { path: { id } } })),
  );
}

export function useUnits() {
  return useQuery({ queryKey: ["units"], queryFn: () => unwrap(api.GET("/api/v1/units")) });
}
