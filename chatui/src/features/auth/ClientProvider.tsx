import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useSession } from "@wardline/uikit/session/SessionProvider.tsx";
import i18next from "i18next";
import { createContext, use, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from "react";
import { sessionEnded } from "../../api.ts";
import type { BoardState } from "../../client/board.ts";
import { Engine } from "../../client/engine.ts";
import { forgetDatabase } from "../../store/schema.ts";
import type { StreamState } from "../../stream/stream.ts";
import { dutyKey } from "../duty/dutyKey.ts";
import { usePerson } from "./usePerson.ts";

export interface Client {
  readonly engine: Engine;
  /** Starts anew, for a stream that another window has taken over. */
  restart(): void;
  /** Signs out; `forget` also removes keys and cards from this browser. */
  leave(forget: boolean): Promise<void>;
}

export const ClientContext = createContext<Client | null>(null);

async function afterEnd({ end }: StreamState, user: string): Promise<void> {
  if (end === "replaced") return;
  // A revoked device can never open anything again: the next sign-in makes a new one.
  if (end === "revoked") await forgetDatabase(user);
  if (!end) return;
  sessionEnded();
  notifications.show({
    id: "session-end",
    message: i18next.t(`end.${end}`, { ns: "auth" }),
    color: "orange.9",
    autoClose: false,
    closeButtonProps: { "aria-label": i18next.t("close", { ns: "ui" }) },
  });
}

/** ClientProvider runs the chat client for as long as one person is signed in. */
export function ClientProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const { signOut } = useSession();
  const { id } = usePerson();
  const [round, setRound] = useState(0);
  const [engine, setEngine] = useState<Engine | null>(null);

  useEffect(() => {
    const begun = new Engine(id, {
      duty: () => void queries.invalidateQueries({ queryKey: dutyKey }),
      ended: (state) => void afterEnd(state, id),
    });
    setEngine(begun);
    void begun.start();
    return () => begun.stop();
  }, [id, round, queries]);

  const client = useMemo<Client | null>(() => {
    if (!engine) return null;
    const leave = async (forget: boolean): Promise<void> => {
      if (forget) await engine.revokeSelf();
      engine.stop();
      if (forget) await forgetDatabase(id);
      await signOut();
    };
    return { engine, restart: () => setRound((before) => before + 1), leave };
  }, [engine, id, signOut]);

  return client && <ClientContext value={client}>{children}</ClientContext>;
}

export function useClient(): Client {
  const client = use(ClientContext);
  if (!client) throw new Error("useClient needs a ClientProvider above it");
  return client;
}

/** useBoard follows one field of the board. */
export function useBoard<Key extends keyof BoardState>(field: Key): BoardState[Key] {
  const { board } = useClient().engine;
  return useSyncExternalStore(
    (changed) => board.subscribe(changed),
    () => board.state[field],
  );
}
