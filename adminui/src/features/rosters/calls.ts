import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { api } from "../../api.ts";

export interface RosterFile {
  file: File;
  /** Under this name the next roster replaces this one; "": the file's. */
  source: string;
}

function formOf({ file, source }: RosterFile): FormData {
  const body = new FormData();
  body.append("file", file);
  if (source.trim()) body.append("source", source.trim());
  return body;
}

export function useDryRoster() {
  return useMutation({
    mutationFn: (roster: RosterFile) => unwrap(api.POST("/api/v1/rosters/dry", { body: formOf(roster) })),
  });
}

export function useApplyRoster() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (roster: RosterFile) => unwrap(api.POST("/api/v1/rosters", { body: formOf(roster) })),
    onSettled: () =>
      Promise.all([["shifts"], ["units"]].map((queryKey) => queries.invalidateQueries({ queryKey }))),
  });
}

/** useShifts lists planned duties of a window of time, whose bounds are instants. */
export function useShifts(window: { from: string; until: string } | null) {
  return useQuery({
    queryKey: ["shifts", window],
    queryFn: () => unwrap(api.GET("/api/v1/shifts", { params: { query: window ?? {} } })),
    enabled: window !== null,
  });
}
