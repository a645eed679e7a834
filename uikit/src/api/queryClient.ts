import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./problem.ts";

/**
 * createQueryClient: only failures that can pass by themselves are tried again.
 * "always": a ward network without Internet makes browsers say "offline" while
 * the hub is well in reach, and a paused query would spin for ever.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        networkMode: "always",
        staleTime: 5_000,
        retry: (count, error) => count < 2 && error instanceof ApiError && error.passing,
      },
      mutations: { networkMode: "always" },
    },
  });
}
