import type { Item } from "../stream/item.ts";
import type { ClientMessage, ServerMessage } from "../stream/messages.ts";
import type { ChatActions, ChatState, Timeline } from "./model.ts";

// What page and chat worker say to each other. Plaintext goes one way only: to the screens.

type Local = "openTimeline" | "enablePush" | "disablePush" | "markRead" | "setDraft";

/** What the worker does and answers; the rest of ChatActions is done on the page. */
export type RemoteActions = Omit<ChatActions, Local> & {
  markRead(room: string, seq: number): Promise<void>;
  setDraft(room: string, text: string): Promise<void>;
};

export type RemoteName = keyof RemoteActions;

export type Direction = "older" | "newer" | "end";

export type PageSays =
  | { t: "open"; user: string }
  /** This tab owns the stream: the worker may advance ratchets. */
  | { t: "lead"; device: string; name: string }
  | { t: "call"; no: number; name: RemoteName; args: unknown[] }
  | { t: "keep"; no: number; items: readonly Item[] }
  | { t: "heard"; message: ServerMessage }
  | { t: "live"; live: boolean }
  | { t: "timeline"; id: number; room: string }
  | { t: "move"; no: number; id: number; to: Direction }
  | { t: "closeTimeline"; id: number };

/** Notice is a reason to wake the person; it says nothing of the content. */
export interface Notice {
  readonly room: string;
  readonly urgent: boolean;
}

export type WorkerSays =
  | { t: "done"; no: number; value: unknown }
  | { t: "failed"; no: number; code: string }
  | { t: "state"; state: ChatState }
  | { t: "timeline"; id: number; timeline: Timeline }
  | { t: "say"; message: ClientMessage }
  | { t: "send"; frame: ArrayBuffer }
  | { t: "notice"; notice: Notice }
  /** Everything in the room is read: its notifications go. */
  | { t: "settled"; room: string };

export const emptyState: ChatState = {
  loaded: false,
  link: { step: "unknown" },
  chats: [],
  people: new Map(),
  recorder: null,
  backupAllowed: false,
  pushKey: null,
  waiting: [],
};
