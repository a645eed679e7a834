import type { TalkMessage } from "../stream/messages.ts";
import type { Desk } from "./desk.ts";
import type { Rooms } from "./rooms.ts";

/** Reading is how far this account and the others have come in a room. */
export class Reading {
  #desk: Desk;
  #rooms: Rooms;
  #watched = "";
  #live = false;
  #told: (room: string) => void;

  constructor(desk: Desk, rooms: Rooms, told: (room: string) => void) {
    this.#desk = desk;
    this.#rooms = rooms;
    this.#told = told;
  }

  live(live: boolean): void {
    this.#live = live;
    if (!live) return;
    if (this.#watched) this.#desk.line.say({ t: "watch", room: this.#watched });
  }

  /** resend says what was read while there was no connection, as far as the hub's list does not know it. */
  resend(): void {
    for (const { room, readSeq } of this.#desk.book.conversations.values()) {
      if (readSeq > (this.#rooms.read.get(room) ?? 0)) this.#sayRead(room, readSeq);
    }
  }

  async markRead(room: string, seq: number): Promise<void> {
    const before = this.#desk.book.get(room);
    if (!before) return;
    const upTo = Math.min(seq, Math.max(before.lastSeq, before.readSeq));
    if (upTo <= before.readSeq) return;
    await this.#upTo(room, upTo);
    this.#sayRead(room, upTo);
  }

  /** Read on another own device. */
  async readElsewhere({ room, seq }: Extract<TalkMessage, { t: "read" }>): Promise<void> {
    this.#rooms.read.set(room, seq);
    await this.#upTo(room, seq);
  }

  /** watch asks for the receipts of the room on screen; "" for none. */
  async watch(room: string): Promise<void> {
    if (room === this.#watched) return;
    this.#watched = room;
    if (this.#live) this.#desk.line.say({ t: "watch", room });
    const { about, hub, book } = this.#desk;
    if (!room || !about.receipts) return;
    const receipts = await hub.receipts(room).catch(() => null);
    if (receipts) book.noteReceipts(room, receipts);
    if (receipts) this.#told(room);
  }

  receipts({ room, items }: Extract<TalkMessage, { t: "receipts" }>): void {
    this.#desk.book.noteReceipts(room, items ?? []);
    this.#told(room);
  }

  async #upTo(room: string, seq: number): Promise<void> {
    const { book, line } = this.#desk;
    await book.patch(room, (before) => ({ ...before, readSeq: Math.max(before.readSeq, seq) }));
    if (book.tally(room).unread === 0) line.settled(room);
  }

  #sayRead(room: string, seq: number): void {
    if (!this.#live || !this.#desk.about.receipts) return;
    this.#rooms.read.set(room, seq);
    this.#desk.line.say({ t: "read", room, seq });
  }
}
