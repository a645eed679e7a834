import { useQuery } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api } from "../../api.ts";
import { useLongList } from "../../components/useLongList.ts";

export type Which = "running" | "all";

export function useAlerts(which: Which) {
  return useLongList(["alerts", "list", which], (cursor) =>
    unwrap(
      api.GET("/api/v1/alerts", {
        params: { query: { state: which, ...(cursor ? { cursor } : {}) } },
      }),
    ),
  );
}

export function useAlert(id: string) {
  return useQuery({
    queryKey: ["alerts", id],
    queryFn: () => unwrap(api.GET("/api/v1/alerts/{id}", { params: { path: { id } } })),
    enabled: id !== "",
  });
}
