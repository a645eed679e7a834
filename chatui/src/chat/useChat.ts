import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { useClient } from "../features/auth/ClientProvider.tsx";
import type { ChatActions, ChatState, Timeline } from "./model.ts";

/** useChat follows a part of the chat state; the selector gives the same object while nothing has changed. */
export function useChat<T>(selector: (state: ChatState) => T): T {
  const { chat } = useClient().engine;
  return useSyncExternalStore(
    (changed) => chat.subscribe(changed),
    () => selector(chat.state),
  );
}

export function useChatActions(): ChatActions {
  return useClient().engine.chat.actions;
}

export interface TimelineView {
  /** null until the first page is read. */
  readonly timeline: Timeline | null;
  older(): Promise<void>;
  newer(): Promise<void>;
  toEnd(): Promise<void>;
}

const nothing = (): Promise<void> => Promise.resolve();

/** useTimeline keeps a window of the room open for as long as it is shown. */
export function useTimeline(room: string): TimelineView {
  const { chat } = useClient().engine;
  const [timeline, setTimeline] = useState<Timeline | null>(null);
  const [moves, setMoves] = useState<ReturnType<ChatActions["openTimeline"]> | null>(null);
  useEffect(() => {
    setTimeline(null);
    const opened = chat.actions.openTimeline(room, setTimeline);
    setMoves(opened);
    return () => opened.close();
  }, [chat, room]);
  return useMemo(() => {
    const shown = timeline?.room === room ? timeline : null;
    return { timeline: shown, older: moves?.older ?? nothing, newer: moves?.newer ?? nothing, toEnd: moves?.toEnd ?? nothing };
  }, [timeline, moves, room]);
}

/** useOpenedRoom hears taps on notifications. */
export function useOpenedRoom(open: (room: string) => void): void {
  const { chat } = useClient().engine;
  useEffect(() => chat.onOpenRoom(open), [chat, open]);
}
