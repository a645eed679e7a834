import { useMutation, useQueryClient } from "@tanstack/react-query";

/**
 * useChange is a mutation after which everything under these keys is read again. What a change
 * takes off the page says what follows in onDone, not to mutate(): the live socket may take it
 * away before the answer is here, and what was given to mutate() goes with it.
 */
export function useChange<In, Out>(
  keys: readonly string[],
  run: (input: In) => Promise<Out>,
  onDone?: () => void,
) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: () => {
      onDone?.();
      return Promise.all(keys.map((key) => queries.invalidateQueries({ queryKey: [key] })));
    },
  });
}
