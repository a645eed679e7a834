import type { MessageRecord } from "../store/schema.ts";
import type { Book } from "./book.ts";
import type { Entry, Timeline } from "./model.ts";
import type { Direction } from "./protocol.ts";
import type { Row, Waiting } from "./records.ts";
import { entryOf, waitingEntry } from "./views.ts";

const page = 60;
const most = 600;
const end = Number.MAX_SAFE_INTEGER;

interface Around {
  readonly me: string;
  recorder(): string | null;
  waiting(room: string): Promise<Waiting[]>;
}

/**
 * TimelineWindow is the loaded part of one room. It reads pages by number and never
 * holds more than 600 items, so a room of 10,000 opens as quickly as one of ten.
 */
export class TimelineWindow {
  readonly room: string;
  #book: Book;
  #around: Around;
  #tell: (timeline: Timeline) => void;
  /** Rows by number, with what they were opened from. */
  #rows = new Map<number, { record: MessageRecord; row: Row | null }>();
  #from = 1;
  /** `end` while the window reaches to the newest item. */
  #to = end;
  /** The end that is looked at: the other one is let go of. */
  #looking: Direction = "newer";
  #firstUnread: number | null = null;
  #chain: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(book: Book, room: string, around: Around, tell: (timeline: Timeline) => void) {
    this.#book = book;
    this.room = room;
    this.#around = around;
    this.#tell = tell;
  }

  open(): Promise<void> {
    return this.#queue(async () => {
      this.#firstUnread = this.#book.tally(this.room).firstUnread;
      await (this.#firstUnread === null ? this.#atEnd() : this.#at(this.#firstUnread));
    });
  }

  move(to: Direction): Promise<void> {
    this.#looking = to;
    return this.#queue(() => (to === "older" ? this.#older() : to === "newer" ? this.#newer() : this.#atEnd()));
  }

  /** refresh takes over what has changed in the store. */
  refresh(): Promise<void> {
    return this.#queue(() => Promise.resolve());
  }

  close(): void {
    this.#closed = true;
  }

  #queue(step: () => Promise<void>): Promise<void> {
    const done = this.#chain.then(async () => {
      if (this.#closed) return;
      await step();
      await this.#load();
      await this.#show();
      if (this.#rows.size <= most) return;
      // A list can hold its place when it grows or shrinks at one end, not at both at once.
      await this.#trim();
      await this.#load();
      await this.#show();
    });
    this.#chain = done.catch(() => undefined);
    return done;
  }

  async #atEnd(): Promise<void> {
    const records = await this.#records(1, end, page, "last");
    this.#from = records[0]?.seq ?? 1;
    this.#to = end;
  }

  async #at(seq: number): Promise<void> {
    const before = await this.#records(1, seq - 1, page / 2, "last");
    const after = await this.#records(seq, end, page, "first");
    this.#from = before[0]?.seq ?? seq;
    this.#to = after.length < page ? end : (after.at(-1)?.seq ?? end);
  }

  async #older(): Promise<void> {
    const records = await this.#records(1, this.#from - 1, page, "last");
    this.#from = records[0]?.seq ?? this.#from;
  }

  async #newer(): Promise<void> {
    if (this.#to === end) return;
    const records = await this.#records(this.#to + 1, end, page, "first");
    this.#to = records.length < page ? end : (records.at(-1)?.seq ?? end);
  }

  async #trim(): Promise<void> {
    const older = this.#looking === "older";
    const kept = await this.#records(this.#from, this.#to, most, older ? "first" : "last");
    if (older) this.#to = kept.at(-1)?.seq ?? this.#to;
    else this.#from = kept[0]?.seq ?? this.#from;
  }

  async #load(): Promise<void> {
    const records = await this.#records(this.#from, this.#to, most + page, this.#looking === "older" ? "first" : "last");
    if (records.length === most + page) this.#from = records[0]?.seq ?? this.#from;
    const rows = await Promise.all(records.map((record) => this.#opened(record)));
    this.#rows = new Map(records.map((record, i) => [record.seq, { record, row: rows[i] ?? null }]));
  }

  // Each sealing has another iv: what has the same was opened before.
  #opened(record: MessageRecord): Promise<Row | null> | Row | null {
    const known = this.#rows.get(record.seq);
    const same = known?.record.sealed.iv.every((byte, i) => byte === record.sealed.iv[i]);
    return known && same ? known.row : this.#book.shelf.openRow(record);
  }

  async #show(): Promise<void> {
    const { room } = this;
    const conversation = this.#book.get(room);
    if (!conversation || this.#closed) return;
    const rows = [...this.#rows.values()].flatMap(({ row }) => (row ? [row] : []));
    const confirms = new Map<string, Row[]>();
    for (const { id, what } of rows) if (what.kind === "text" && what.prio === 2) confirms.set(id, await this.#book.shelf.confirms(room, id));
    const { me } = this.#around;
    const context = { me, recorder: this.#around.recorder(), conversation, confirms };
    const entries = rows.map((row) => entryOf(row, context)).filter((one): one is Entry => one !== null);
    const hasNewer = this.#to !== end && (await this.#records(this.#to + 1, end, 1, "first")).length > 0;
    const hasOlder = this.#from > 1 && (await this.#records(1, this.#from - 1, 1, "last")).length > 0;
    const shown = new Set(entries.map(({ id }) => id));
    const waiting = hasNewer ? [] : (await this.#around.waiting(room)).filter(({ id }) => !shown.has(id));
    const queued = waiting.map((one) => waitingEntry(one, me)).filter((one) => one !== null);
    this.#tell({ room, entries: [...entries, ...queued], hasOlder, hasNewer, firstUnread: this.#firstUnread });
  }

  #records(from: number, to: number, limit: number, side: "first" | "last"): Promise<MessageRecord[]> {
    return from > to ? Promise.resolve([]) : this.#book.shelf.records(this.room, from, to, limit, side);
  }
}
