import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

export type Filters<Name extends string> = { readonly [name in Name]: string };

/**
 * useFilters keeps a page's filters in its address, so that a list can be sent to a
 * colleague and the back button works. An empty string is no filter and leaves no trace.
 */
export function useFilters<Name extends string>(
  names: readonly Name[],
): [Filters<Name>, (change: Partial<Filters<Name>>) => void] {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const filters = Object.fromEntries(names.map((name) => [name, search[name] ?? ""]));
  const change = useCallback(
    (next: Partial<Filters<Name>>) => {
      void navigate({ to: ".", search: (before) => withoutEmpty({ ...before, ...next }), replace: true });
    },
    [navigate],
  );
  return [filters as Filters<Name>, change];
}

/** withoutEmpty drops filters that filter nothing. */
export function withoutEmpty(search: Record<string, string | undefined>): Record<string, string> {
  const set = Object.entries(search).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return Object.fromEntries(set);
}
