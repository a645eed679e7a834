import type { Letter } from "../identity/mail.ts";
import type { Desk } from "./desk.ts";
import type { DeviceKeys } from "./hubCalls.ts";
import { takeIn } from "./importer.ts";
import { rowsOf, sendable, sentOf, sizeOf, type Sent } from "./letters.ts";
import type { Postbox, Sender } from "./postbox.ts";

/** Job is what a new own device has still to get: rooms with the number below which it has nothing yet. */
interface Job {
  readonly device: string;
  readonly rooms: readonly (readonly [room: string, before: number])[];
}

/** Of a letter's 384 KiB, so that seal and JSON around it fit in any case. */
export const parcelBytes = 250_000;
const pageRows = 400;
const later = 30_000;

/** History hands what was said so far to own devices that are new, the newest of every room first. */
export class History {
  #desk: Desk;
  #postbox: Postbox;
  #running = false;
  #stopped = false;
  #cancel: (() => void) | null = null;

  constructor(desk: Desk, postbox: Postbox) {
    this.#desk = desk;
    this.#postbox = postbox;
    postbox.on("history", (letter, from, mail) => this.#take(letter, from, mail));
  }

  async give({ id }: DeviceKeys): Promise<void> {
    const rooms = [...this.#desk.book.conversations.values()].filter(({ state }) => state !== "left");
    const job: Job = { device: id, rooms: rooms.map(({ room }) => [room, Number.MAX_SAFE_INTEGER] as const) };
    await this.#store([...(await this.#jobs()).filter(({ device }) => device !== id), job]);
    void this.resume();
  }

  /** resume goes on with what a closed tab or a lost network has left. */
  async resume(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      for (const job of await this.#jobs()) await this.#work(job);
    } catch {
      if (!this.#stopped) this.#cancel = this.#desk.clock.after(later, () => void this.resume());
    } finally {
      this.#running = false;
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async #work(job: Job): Promise<void> {
    const { logs, me } = this.#desk;
    const device = (await logs.keysOf(me.user)).find(({ id }) => id === job.device);
    let rooms = job.rooms;
    while (device && rooms.length > 0) {
      const [[room, before], ...others] = rooms as [Job["rooms"][number], ...Job["rooms"]];
      const { messages, lowest } = await this.#parcel(room, before);
      rooms = lowest > 1 ? [...others, [room, lowest]] : others;
      if (messages.length > 0) await this.#postbox.send("history", device, { messages, last: rooms.length === 0 });
      await this.#store((await this.#jobs()).map((one) => (one.device === job.device ? { ...one, rooms } : one)));
    }
    await this.#store((await this.#jobs()).filter((one) => one.device !== job.device));
  }

  /** The newest items below `before` that fit one letter; lowest is 1 at the beginning of the room. */
  async #parcel(room: string, before: number): Promise<{ messages: Sent[]; lowest: number }> {
    const { shelf } = this.#desk.book;
    const records = await shelf.records(room, 1, before - 1, pageRows, "last");
    const messages: Sent[] = [];
    let left = parcelBytes;
    for (const record of records.reverse()) {
      const row = await shelf.openRow(record);
      if (!row || !sendable(row)) continue;
      const sent = sentOf(row);
      left -= sizeOf(sent);
      if (left < 0 && messages.length > 0) return { messages, lowest: record.seq + 1 };
      messages.push(sent);
    }
    return { messages, lowest: records.length < pageRows ? 1 : (records.at(-1)?.seq ?? 1) };
  }

  async #take({ body }: Letter, from: Sender, mail: string): Promise<void> {
    if (from.user !== this.#desk.me.user) return;
    await takeIn(this.#desk, rowsOf((body as { messages?: unknown } | null)?.messages), { restoredBy: null, brokenOnly: false, mail });
  }

  async #jobs(): Promise<Job[]> {
    return ((await this.#desk.book.shelf.setting("handovers")) ?? []) as Job[];
  }

  #store(handovers: Job[]): Promise<void> {
    return this.#desk.book.save({ settings: { handovers } });
  }
}
