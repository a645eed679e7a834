import type { Item } from "../stream/item.ts";
import type { ClientMessage, ServerMessage } from "../stream/messages.ts";
import type { ChatActions, ChatState, Timeline } from "./model.ts";
import { clearNotices, onNoticeOpened, showNotice } from "./notices.ts";
import { emptyState, type Direction, type Notice, type PageSays, type RemoteName, type WorkerSays } from "./protocol.ts";
import { disablePush, enablePush } from "./push.ts";

/** Outlet is the stream of the tab that leads. */
export interface Outlet {
  say(message: ClientMessage): void;
  send(frame: ArrayBuffer): void;
}

type Waiting = { resolve: (value: never) => void; reject: (error: Error) => void };

interface View {
  room: string;
  listener: (timeline: Timeline) => void;
}

/**
 * ChatClient is the page's side of the conversations: it hands items and wishes
 * to the worker and shows what comes back. Keys and ratchets never reach the page.
 */
export class ChatClient {
  #worker: Worker;
  #user: string;
  #outlet: Outlet;
  #state: ChatState = emptyState;
  #listeners = new Set<() => void>();
  #opened = new Set<(room: string) => void>();
  #waiting = new Map<number, Waiting>();
  #views = new Map<number, View>();
  #no = 0;
  #stop = new AbortController();
  readonly actions: ChatActions;

  constructor(user: string, worker: Worker, outlet: Outlet) {
    this.#user = user;
    this.#worker = worker;
    this.#outlet = outlet;
    this.actions = this.#allActions();
    worker.onmessage = ({ data }: MessageEvent<WorkerSays>) => this.#told(data);
    worker.onerror = () => this.#failAll("worker");
    this.#post({ t: "open", user });
    onNoticeOpened(this.#stop.signal, (room) => this.#opened.forEach((listener) => listener(room)));
  }

  get state(): ChatState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** onOpenRoom hears that the person has tapped a notification of a room. */
  onOpenRoom(listener: (room: string) => void): () => void {
    this.#opened.add(listener);
    return () => this.#opened.delete(listener);
  }

  /** lead is called once this tab owns the stream. */
  lead(device: string, name: string): void {
    this.#post({ t: "lead", device, name });
  }

  /** keep resolves when all of it is durably stored. */
  keep(items: readonly Item[]): Promise<void> {
    return this.#ask((no) => ({ t: "keep", no, items }));
  }

  heard(message: ServerMessage): void {
    this.#post({ t: "heard", message });
  }

  live(live: boolean): void {
    this.#post({ t: "live", live });
  }

  close(): void {
    this.#stop.abort();
    this.#worker.terminate();
    this.#failAll("closed");
  }

  #allActions(): ChatActions {
    const remote = (name: RemoteName) => (...args: unknown[]) => this.#call(name, args) as Promise<never>;
    return {
      search: remote("search"),
      openDirect: remote("openDirect"),
      openGroup: remote("openGroup"),
      send: remote("send"),
      retry: remote("retry"),
      discard: remote("discard"),
      confirm: remote("confirm"),
      markRead: (room, seq) => void this.#call("markRead", [room, seq]).catch(() => undefined),
      setDraft: (room, text) => void this.#call("setDraft", [room, text]).catch(() => undefined),
      rename: remote("rename"),
      members: remote("members"),
      addMembers: remote("addMembers"),
      removeMember: remote("removeMember"),
      setRole: remote("setRole"),
      leave: remote("leave"),
      mute: remote("mute"),
      receipts: remote("receipts"),
      acknowledge: remote("acknowledge"),
      safetyNumber: remote("safetyNumber"),
      setVerified: remote("setVerified"),
      checkSafetyQr: remote("checkSafetyQr"),
      openTimeline: (room, listener) => this.#openTimeline(room, listener),
      linkDevice: remote("linkDevice"),
      offerLink: remote("offerLink"),
      takeOffer: remote("takeOffer"),
      recover: remote("recover"),
      startOver: remote("startOver"),
      makeBackup: remote("makeBackup"),
      dropBackup: remote("dropBackup"),
      hasBackup: remote("hasBackup"),
      enablePush: () => enablePush(this.#state.pushKey),
      disablePush,
    };
  }

  #openTimeline(room: string, listener: (timeline: Timeline) => void): ReturnType<ChatActions["openTimeline"]> {
    const id = ++this.#no;
    this.#views.set(id, { room, listener });
    this.#post({ t: "timeline", id, room });
    const move = (to: Direction) => () => this.#ask<void>((no) => ({ t: "move", no, id, to }));
    return {
      older: move("older"),
      newer: move("newer"),
      toEnd: move("end"),
      close: () => {
        this.#views.delete(id);
        this.#post({ t: "closeTimeline", id });
      },
    };
  }

  #call(name: RemoteName, args: unknown[]): Promise<unknown> {
    return this.#ask((no) => ({ t: "call", no, name, args }));
  }

  #ask<T>(question: (no: number) => PageSays): Promise<T> {
    const no = ++this.#no;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(no, { resolve, reject });
      this.#post(question(no));
    });
  }

  #post(message: PageSays): void {
    if (!this.#stop.signal.aborted) this.#worker.postMessage(message);
  }

  #told(told: WorkerSays): void {
    switch (told.t) {
      case "done":
        return this.#settle(told.no, ({ resolve }) => resolve(told.value as never));
      case "failed":
        return this.#settle(told.no, ({ reject }) => reject(new Error(told.code)));
      case "state":
        this.#state = told.state;
        return this.#listeners.forEach((listener) => listener());
      case "timeline":
        return this.#views.get(told.id)?.listener(told.timeline);
      case "say":
        return this.#outlet.say(told.message);
      case "send":
        return this.#outlet.send(told.frame);
      case "notice":
        return void this.#notify(told.notice);
      case "settled":
        return void clearNotices(told.room);
    }
  }

  async #notify(notice: Notice): Promise<void> {
    await showNotice(this.#user, notice, (room) => this.#opened.forEach((listener) => listener(room)));
  }

  #settle(no: number, how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(no);
    this.#waiting.delete(no);
    if (waiting) how(waiting);
  }

  #failAll(code: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(code));
    this.#waiting.clear();
  }
}

export function startChatWorker(): Worker {
  return new Worker(new URL("./chat.worker.ts", import.meta.url), { type: "module" });
}
