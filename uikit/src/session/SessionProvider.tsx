import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, use, useCallback, useMemo, type ReactNode } from "react";
import { ApiError } from "../api/problem.ts";
import * as auth from "./authApi.ts";
import type { KeptMe } from "./keptMe.ts";
import { meKey } from "./meKey.ts";

export interface Session {
  /** null: nobody is signed in. */
  readonly me: auth.Me | null;
  /** Asks the server again who is signed in; call after every sign-in. */
  refresh(): Promise<void>;
  signOut(): Promise<void>;
}

const SessionContext = createContext<Session | null>(null);

async function meOrNobody(keep: KeptMe | null): Promise<auth.Me | null> {
  try {
    const me = await auth.fetchMe();
    keep?.put(me);
    return me;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) {
      keep?.put(null);
      return null;
    }
    const kept = error.passing ? keep?.get() : null;
    if (kept) return kept;
    throw error;
  }
}

interface Props {
  /**
   * Where the last answer is kept for a start without a network. Without it the
   * app does not open until the hub answers.
   */
  keep?: KeptMe | null;
  children: ReactNode;
  /** Shown until the server has answered for the first time. */
  pending: ReactNode;
  /** Shown when the server could not be asked. */
  failed: (error: Error, retry: () => void) => ReactNode;
}

/** SessionProvider knows who is signed in and gives it to everything below. */
export function SessionProvider({ keep = null, children, pending, failed }: Props) {
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: meKey,
    queryFn: () => meOrNobody(keep),
    staleTime: 60_000,
    // The next start, or the first refused call, finds out soon enough.
    retry: false,
  });

  const { refetch } = query;
  const refresh = useCallback(async () => {
    await refetch();
  }, [refetch]);
  const signOut = useCallback(async () => {
    await auth.signOut();
    keep?.put(null);
    // Whatever this account has seen must not be shown to the next one.
    queries.clear();
    queries.setQueryData(meKey, null);
  }, [queries, keep]);
  const me = query.data ?? null;
  const session = useMemo(() => ({ me, refresh, signOut }), [me, refresh, signOut]);

  if (query.isPending) return pending;
  if (query.isError && query.data === undefined) {
    return failed(query.error, () => void refresh());
  }
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error("useSession needs a SessionProvider above it");
  return session;
}

/** useMe is for pages behind the sign-in, where somebody is always there. */
export function useMe(): auth.Me {
  const { me } = useSession();
  if (!me) throw new Error("useMe was used where nobody is signed in");
  return me;
}
