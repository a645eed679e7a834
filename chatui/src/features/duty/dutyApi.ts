import { useMutation, useQuery, useQueryClient, type UseMutationResult } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { ApiError } from "@wardline/uikit/api/problem.ts";
import { api } from "../../client/hub.ts";
import type { DutyRole, Roster, UserRef } from "../../client/paths.ts";
import { dutyKey } from "./dutyKey.ts";

/** Duties is the roster with lists that are never missing. */
export interface Duties {
  roles: DutyRole[];
  toMe: NonNullable<Roster["offers_to_me"]>;
  byMe: NonNullable<Roster["offers_by_me"]>;
}

async function fetchDuties(): Promise<Duties> {
  const { roles, offers_to_me, offers_by_me } = await unwrap(api.GET("/api/v1/duty"));
  return { roles: roles ?? [], toMe: offers_to_me ?? [], byMe: offers_by_me ?? [] };
}

export function useDuties() {
  return useQuery({ queryKey: dutyKey, queryFn: fetchDuties });
}

export function useColleagues(role: string | null) {
  return useQuery({
    queryKey: [...dutyKey, "colleagues", role],
    enabled: role !== null,
    queryFn: async (): Promise<UserRef[]> => {
      const params = { path: { role: role ?? "" } };
      return (await unwrap(api.GET("/api/v1/duty/{role}/colleagues", { params }))).items ?? [];
    },
  });
}

/** DutyStep is one thing a person can do about duty. */
export type DutyStep =
  | { do: "take"; role: string }
  | { do: "release"; role: string; force: boolean }
  | { do: "offer"; role: string; to: string }
  | { do: "answer"; offer: string; answer: "accept" | "decline" | "withdraw" };

async function send(step: DutyStep): Promise<void> {
  switch (step.do) {
    case "take":
      return unwrap(api.POST("/api/v1/duty/{role}/take", { params: { path: { role: step.role } }, body: {} }));
    case "release": {
      const body = step.force ? { force: true } : {};
      return unwrap(api.POST("/api/v1/duty/{role}/release", { params: { path: { role: step.role } }, body }));
    }
    case "offer": {
      const params = { path: { role: step.role } };
      await unwrap(api.POST("/api/v1/duty/{role}/offers", { params, body: { to: step.to } }));
      return;
    }
    case "answer": {
      const params = { path: { id: step.offer, answer: step.answer } };
      return unwrap(api.POST("/api/v1/duty/offers/{id}/{answer}", { params, body: {} }));
    }
  }
}

export function useDutyStep(): UseMutationResult<void, Error, DutyStep> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSettled: () => queries.invalidateQueries({ queryKey: dutyKey }),
  });
}

/** isLast: nobody would be on duty any more; the person has to say so twice. */
export function isLast(error: Error | null): boolean {
  return error instanceof ApiError && error.problem.code === "last_on_duty";
}
