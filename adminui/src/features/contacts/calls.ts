import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { useMe } from "@wardline/uikit/session/SessionProvider.tsx";
import { api } from "../../api.ts";
import { mayUse } from "../../shell/navigation.ts";

const contactsKey = ["contacts"] as const;

export function useContacts() {
  return useQuery({ queryKey: contactsKey, queryFn: () => unwrap(api.GET("/api/v1/contacts")) });
}

/**
 * useSaveContacts replaces all addresses; the hub keeps them in its own order. onDone comes before
 * the page shows them, which may take away whoever asked.
 */
export function useSaveContacts(onDone: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (mails: string[]) => unwrap(api.PUT("/api/v1/contacts", { body: { mails } })),
    onSuccess: (saved) => {
      onDone();
      queries.setQueryData(contactsKey, saved);
    },
    // Somebody else may have changed them meanwhile: what was refused is compared with what is there.
    onError: () => queries.invalidateQueries({ queryKey: contactsKey }),
  });
}

/** useMayChange is whether the hub lets whoever looks change the addresses. */
export function useMayChange(): boolean {
  return mayUse({ roles: ["policy"] }, useMe().roles);
}

/**
 * useMailMissing is whether no connector sends mail. Whoever may not see connectors is told
 * nothing, and whoever may only change the addresses cannot mend it either.
 */
export function useMailMissing(): boolean {
  const allowed = mayUse({ roles: ["connectors", "people", "auditor"] }, useMe().roles);
  const { data } = useQuery({
    queryKey: ["connectors", "list"],
    queryFn: () => unwrap(api.GET("/api/v1/connectors")),
    enabled: allowed,
  });
  return data !== undefined && !data.items.some(({ kind, enabled }) => kind === "mail" && enabled);
}
