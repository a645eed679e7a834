import { useQuery } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api } from "../../api.ts";
import type { Connector, JsonObject } from "../../api/systems.ts";
import { stepsDone } from "./pullSteps.ts";

interface Input {
  /** Absent for a connector that is not saved yet. */
  base: Connector | undefined;
  config: JsonObject;
  tested: boolean;
  previewed: boolean;
}

/** usePullSteps is how far the setting up of a source has come; its runs are part of that. */
export function usePullSteps({ base, config, tested, previewed }: Input): number {
  const id = base?.id ?? "";
  const query = useQuery({
    queryKey: ["runs", "first", id],
    queryFn: () =>
      unwrap(api.GET("/api/v1/connectors/{id}/runs", { params: { path: { id }, query: { limit: "10" } } })),
    enabled: id !== "",
    retry: false,
  });
  return stepsDone({ tested, previewed, saved: id !== "", runs: query.data?.items ?? [], config });
}
