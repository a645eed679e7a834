import type { Receipt } from "../stream/messages.ts";
import type { Book } from "./book.ts";
import type { Chat, ChatState, Delivery, Entry, TextEntry } from "./model.ts";
import type { About, Conversation, Row, Standing, Waiting } from "./records.ts";

// From what is kept to what is shown.

export function chatOf(book: Book, conversation: Conversation): Chat {
  const { room, kind, title, peer, alert, role, muted, state, readSeq, lastSeq, at, last, warnings, roster } = conversation;
  const { unread, urgent } = book.tally(room);
  const shown = kind === "direct" ? ((peer && book.people[peer]?.name) ?? title) : title;
  const draft = book.drafts.get(room) ?? "";
  return { id: room, kind, title: shown || title, peer, alert, role, muted, state, unread, urgent: role === "reader" ? 0 : urgent, readSeq, lastSeq, at, last, draft, warnings, members: roster.length };
}

export function stateOf(book: Book, about: About | null, standing: Standing): ChatState {
  // A device nobody vouches for is added nowhere: rooms it only knows by name are not shown.
  const outside = standing.link.step === "pending";
  const shown = [...book.conversations.values()].filter(({ creating, state }) => !creating && !(outside && state === "joining"));
  const chats = shown.map((one) => chatOf(book, one));
  chats.sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || (a.id < b.id ? -1 : 1));
  return {
    loaded: true,
    link: standing.link,
    waiting: standing.waiting,
    chats,
    people: new Map(Object.entries(book.people)),
    recorder: about?.recorder ?? null,
    backupAllowed: about?.backup ?? false,
    pushKey: about?.push ?? null,
  };
}

interface Context {
  readonly me: string;
  readonly recorder: string | null;
  readonly conversation: Conversation;
  /** Confirms by the id of the urgent message. */
  readonly confirms: ReadonlyMap<string, readonly Row[]>;
}

/** entryOf gives null for what a timeline does not show. */
export function entryOf(row: Row, context: Context): Entry | null {
  const { id, seq, at, user, what } = row;
  switch (what.kind) {
    case "text":
      return textOf(row, what, context);
    case "broken":
      return { kind: "broken", id, seq, at, user, cause: what.cause };
    case "line":
      return { kind: "line", id, seq, at, act: what.act, by: user, users: what.users, role: what.role, text: "" };
    case "devices":
      return { kind: "line", id, seq, at, act: "devices", by: user, users: what.users, role: null, text: "" };
    case "info":
      return what.shown ? { kind: "line", id, seq, at, act: "title", by: user, users: [], role: null, text: what.title } : null;
    default:
      return null;
  }
}

function textOf(row: Row, what: Extract<Row["what"], { kind: "text" }>, context: Context): TextEntry {
  const { id, seq, at, user, restoredBy } = row;
  const mine = user === context.me;
  const confirmed = what.prio === 2 ? confirmedBy(context.confirms.get(id) ?? [], user) : [];
  const open = what.prio === 2 ? openOf(context, user, confirmed) : 0;
  const delivery: Delivery = mine ? deliveryOf(seq, context) : "sent";
  return { kind: "text", id, seq, at, user, mine, text: what.text, prio: what.prio, delivery, fault: null, confirmed, open, restoredBy };
}

// Each person counts once, at their first confirmation.
function confirmedBy(rows: readonly Row[], sender: string): { user: string; at: string }[] {
  const first = new Map<string, string>();
  for (const { user, at } of rows) if (user !== sender && !first.has(user)) first.set(user, at);
  return [...first].map(([user, at]) => ({ user, at }));
}

function openOf({ conversation, recorder }: Context, sender: string, confirmed: readonly { user: string }[]): number {
  const done = new Set([sender, recorder, ...confirmed.map(({ user }) => user)]);
  return conversation.roster.filter(({ user, role, recorder: isRecorder }) => !isRecorder && role !== "reader" && !done.has(user)).length;
}

/** Delivered and read mean by everybody but the recorder and oneself. */
export function deliveryOf(seq: number, { conversation, me, recorder }: Pick<Context, "conversation" | "me" | "recorder">): Delivery {
  const people = new Set(conversation.roster.filter(({ recorder: isRecorder }) => !isRecorder).map(({ user }) => user));
  const counted = (one: Receipt): boolean => one.user !== me && one.user !== recorder && (people.size === 0 || people.has(one.user));
  const others = conversation.receipts.filter(counted);
  const missing = [...people].some((user) => user !== me && user !== recorder && !others.some((one) => one.user === user));
  if (others.length === 0 || missing) return "sent";
  if (others.every(({ read }) => read >= seq)) return "read";
  return others.every(({ delivered }) => delivered >= seq) ? "delivered" : "sent";
}

/** waitingEntry shows a text of the outbox. */
export function waitingEntry({ id, at, what, fault }: Waiting, me: string): TextEntry | null {
  if (what.kind !== "text") return null;
  const delivery: Delivery = fault ? "failed" : "queued";
  return { kind: "text", id, seq: null, at, user: me, mine: true, text: what.text, prio: what.prio, delivery, fault, confirmed: [], open: 0, restoredBy: null };
}
