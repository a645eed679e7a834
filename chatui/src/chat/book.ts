import type { ChatShelf, Change, Tally } from "../store/chatShelf.ts";
import type { Receipt } from "../stream/messages.ts";
import type { LastLine, Warning } from "./model.ts";
import type { Conversation, People, Row } from "./records.ts";

/** Patch changes a conversation as it is at the moment of writing. */
export type Patch = (before: Conversation) => Conversation;

export interface Edit extends Omit<Change, "conversations"> {
  patches?: readonly { room: string; patch: Patch }[];
  /** Rooms that are new here. */
  begin?: readonly Conversation[];
}

export interface Changed {
  readonly rooms: readonly string[];
}

/**
 * Book is the table of conversations in memory over the shelf. Edits are written one
 * after the other, each durable as a whole before anybody sees it.
 */
export class Book {
  readonly shelf: ChatShelf;
  #conversations = new Map<string, Conversation>();
  #tallies = new Map<string, Tally>();
  #drafts = new Map<string, string>();
  #people: People = {};
  #chain: Promise<unknown> = Promise.resolve();
  #changed: (changed: Changed) => void;

  constructor(shelf: ChatShelf, changed: (changed: Changed) => void) {
    this.shelf = shelf;
    this.#changed = changed;
  }

  async load(): Promise<void> {
    const all = await this.shelf.conversations();
    this.#conversations = new Map(all.map((one) => [one.room, one]));
    this.#drafts = await this.shelf.drafts();
    this.#people = ((await this.shelf.setting("people")) ?? {}) as People;
    await Promise.all(all.map(({ room }) => this.#count(room)));
  }

  /** reload reads what another tab has written. */
  async reload(rooms: readonly string[]): Promise<void> {
    for (const room of rooms) {
      const found = await this.shelf.conversation(room);
      if (found) this.#conversations.set(room, found);
      else this.#conversations.delete(room);
      await this.#count(room);
    }
    this.#people = ((await this.shelf.setting("people")) ?? {}) as People;
  }

  async reloadDrafts(): Promise<void> {
    this.#drafts = await this.shelf.drafts();
  }

  get conversations(): ReadonlyMap<string, Conversation> {
    return this.#conversations;
  }

  get drafts(): ReadonlyMap<string, string> {
    return this.#drafts;
  }

  get people(): People {
    return this.#people;
  }

  get(room: string): Conversation | null {
    return this.#conversations.get(room) ?? null;
  }

  tally(room: string): Tally {
    return this.#tallies.get(room) ?? { unread: 0, urgent: 0, firstUnread: null };
  }

  /** save resolves when the edit is on the disk. */
  save(edit: Edit): Promise<void> {
    const done = this.#chain.then(() => this.#write(edit));
    this.#chain = done.catch(() => undefined);
    return done;
  }

  patch(room: string, patch: Patch): Promise<void> {
    return this.save({ patches: [{ room, patch }] });
  }

  async meet(people: readonly { user: string; name: string; recorder: boolean }[]): Promise<void> {
    const fresh = people.filter(({ user, name, recorder }) => {
      const known = this.#people[user];
      return name && (known?.name !== name || known.recorder !== recorder);
    });
    if (fresh.length === 0) return;
    const named = Object.fromEntries(fresh.map(({ user, name, recorder }) => [user, { name, recorder }]));
    this.#people = { ...this.#people, ...named };
    await this.save({ settings: { people: this.#people } });
  }

  /** noteReceipts is not written by itself: receipts come often, and the hub has them. */
  noteReceipts(room: string, items: readonly Receipt[]): void {
    const before = this.#conversations.get(room);
    if (!before || items.length === 0) return;
    const byUser = new Map(before.receipts.map((one) => [one.user, one]));
    for (const { user, delivered, read } of items) {
      const old = byUser.get(user);
      byUser.set(user, { user, delivered: Math.max(delivered, read, old?.delivered ?? 0), read: Math.max(read, old?.read ?? 0) });
    }
    this.#conversations.set(room, { ...before, receipts: [...byUser.values()] });
    this.#changed({ rooms: [room] });
  }

  async setDraft(room: string, text: string): Promise<void> {
    if ((this.#drafts.get(room) ?? "") === text) return;
    if (text) this.#drafts.set(room, text);
    else this.#drafts.delete(room);
    await this.shelf.setDraft(room, text);
    this.#changed({ rooms: [room] });
  }

  async #write({ patches = [], begin = [], ...change }: Edit): Promise<void> {
    const after = new Map(begin.map((one) => [one.room, this.#conversations.get(one.room) ?? one]));
    for (const { room, patch } of patches) {
      const before = after.get(room) ?? this.#conversations.get(room);
      if (before) after.set(room, patch(before));
    }
    await this.shelf.commit({ ...change, conversations: [...after.values()] });
    for (const [room, conversation] of after) this.#conversations.set(room, conversation);
    for (const room of change.drop ?? []) this.#conversations.delete(room);
    const rows = (change.rows ?? []).map(({ room }) => room);
    const rooms = new Set([...after.keys(), ...rows, ...(change.drop ?? []), ...(change.queue ?? []).map(({ room }) => room)]);
    await Promise.all([...rooms].map((room) => this.#count(room)));
    this.#changed({ rooms: [...rooms] });
  }

  async #count(room: string): Promise<void> {
    const conversation = this.#conversations.get(room);
    if (conversation) this.#tallies.set(room, await this.shelf.tally(room, conversation.readSeq));
  }
}

export function warned(conversation: Conversation, warning: Warning): Conversation {
  const same = (one: Warning): boolean => JSON.stringify(one) === JSON.stringify(warning);
  if (conversation.warnings.some(same)) return conversation;
  return { ...conversation, warnings: [...conversation.warnings, warning] };
}

/** withRows brings the list's line up to date with rows that were stored. */
export function withRows(conversation: Conversation, rows: readonly Row[], me: string): Conversation {
  let { last, lastOf, at } = conversation;
  for (const row of rows) {
    const line = lineOf(row, me);
    if (!line || row.seq < lastOf) continue;
    [last, lastOf, at] = [line, row.seq, row.at];
  }
  return { ...conversation, last, lastOf, at };
}

function lineOf({ user, what }: Row, me: string): LastLine | null {
  const mine = user === me;
  if (what.kind === "text") return { user, mine, text: what.text, kind: "text", prio: what.prio };
  if (what.kind === "broken") return { user, mine, text: "", kind: "broken", prio: 0 };
  if (what.kind === "line") return { user, mine, text: what.act, kind: "line", prio: 0 };
  return null;
}
