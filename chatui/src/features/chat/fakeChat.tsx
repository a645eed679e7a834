import type { ReactNode } from "react";
import { vi } from "vitest";
import type { ChatActions, ChatState, Entry, Timeline } from "../../chat/model.ts";
import { emptyState } from "../../chat/protocol.ts";
import { Board } from "../../client/board.ts";
import { ClientContext, type Client } from "../auth/ClientProvider.tsx";

// For tests: a chat client that does nothing by itself and remembers what it was asked.

type Listener = (timeline: Timeline) => void;

export class FakeChat {
  state: ChatState;
  readonly rooms = new Map<string, Timeline>();
  readonly actions: ChatActions;
  #listeners = new Set<() => void>();
  #views = new Map<Listener, string>();

  constructor(state: Partial<ChatState> = {}) {
    this.state = { ...emptyState, loaded: true, link: { step: "certified" }, ...state };
    this.actions = this.#allActions();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onOpenRoom(): () => void {
    return () => undefined;
  }

  set(change: Partial<ChatState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.#listeners) listener();
  }

  show(room: string, entries: readonly Entry[], more: Partial<Timeline> = {}): void {
    const timeline = { room, entries, hasOlder: false, hasNewer: false, firstUnread: null, ...more };
    this.rooms.set(room, timeline);
    for (const [listener, watched] of this.#views) if (watched === room) listener(timeline);
  }

  #open(room: string, listener: Listener): ReturnType<ChatActions["openTimeline"]> {
    this.#views.set(listener, room);
    const timeline = this.rooms.get(room);
    if (timeline) listener(timeline);
    const nothing = async (): Promise<void> => undefined;
    return { older: nothing, newer: nothing, toEnd: nothing, close: () => void this.#views.delete(listener) };
  }

  #allActions(): ChatActions {
    const asked = { openTimeline: (room: string, listener: Listener) => this.#open(room, listener) } as Record<string, unknown>;
    // Every other action is a spy that answers with nothing until a test says what. What it is
    // given has to get to a worker.
    return new Proxy(asked, {
      get: (known, name: string) => (known[name] ??= vi.fn(async (...args: unknown[]) => void structuredClone(args))),
    }) as unknown as ChatActions;
  }
}

/** FakeClient puts a fake chat client, and a board without alarms, around what is tested. */
export function FakeClient({ chat, children }: { chat: FakeChat; children: ReactNode }) {
  const engine = { board: new Board(), chat } as unknown as Client["engine"];
  return <ClientContext value={{ engine, restart: () => undefined, leave: async () => undefined }}>{children}</ClientContext>;
}
