import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./problem.ts";

/** createQueryClient: only failures that can pass by themselves are tried again. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (count, error) => count < 2 && error instanceof ApiError && error.passing,
      },
    },
  });
}
