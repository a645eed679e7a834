import type { Letter } from "../identity/mail.ts";
import { pause, quietly, type Desk } from "./desk.ts";
import type { DeviceKeys } from "./hubCalls.ts";
import { parcelBytes } from "./history.ts";
import { takeIn } from "./importer.ts";
import { parcels, rowsOf } from "./letters.ts";
import type { Postbox, Sender } from "./postbox.ts";
import type { Row } from "./records.ts";

interface Round {
  step: number;
  /** Rounds that have brought nothing. */
  idle: number;
  cancel: (() => void) | null;
}

interface Wanted {
  readonly room: string;
  readonly from: number;
  readonly to: number;
}

// Many break at once; they are asked for together.
const gather = 1_500;
// Time for an asked device to answer before the next is asked.
const patience = 12_000;
// Then once more, for those that were offline: after a minute, later less often.
const again = 60_000;
const seldom = 10 * 60_000;
const mostRows = 500;
const mostParcels = 8;
const mostFaults = 500;
// One device cannot make this one work for it all the time.
const answerEvery = 1_000;

/** Repair counts what cannot be decrypted and gets it from devices that have it: own ones first, then the sender's, then others'. */
export class Repair {
  #desk: Desk;
  #postbox: Postbox;
  #rounds = new Map<string, Round>();
  #answered = new Map<string, number>();

  constructor(desk: Desk, postbox: Postbox) {
    this.#desk = desk;
    this.#postbox = postbox;
    postbox.on("ask", (letter, from) => this.#answer(letter, from));
    postbox.on("give", (letter, from, mail) => this.#take(letter, from, mail));
  }

  /** start goes on with everything that is still broken. */
  async start(): Promise<void> {
    const rooms = new Set((await this.#desk.book.shelf.broken()).map(({ room }) => room));
    for (const room of rooms) this.#begin(room);
  }

  /** noticed reports rows that were just stored as broken, and begins to ask. */
  async noticed(rows: readonly Row[]): Promise<void> {
    const items = rows.flatMap(({ room, seq, what }) => (what.kind === "broken" ? [{ room, seq, cause: what.cause }] : []));
    if (items.length === 0) return;
    for (const { room } of items) this.#begin(room);
    for (let at = 0; at < items.length; at += mostFaults) await this.#desk.hub.faults(items.slice(at, at + mostFaults)).catch(() => undefined);
  }

  /**
   * missed asks own devices for what was said before this one came in, as far as it has not got it: between the history
   * another device has handed over and the commit that added this one, somebody may have spoken.
   */
  async missed(room: string, joined: number): Promise<void> {
    const { me, logs, book } = this.#desk;
    const [newest] = await book.shelf.records(room, 1, joined - 1, 1, "last");
    const wanted = { room, from: newest ? newest.seq + 1 : 1, to: joined - 1 };
    if (wanted.from > wanted.to) return;
    const own = (await logs.keysOf(me.user)).filter(({ id }) => id !== me.device);
    for (const device of own) await this.#postbox.send("ask", device, wanted);
  }

  stop(): void {
    for (const { cancel } of this.#rounds.values()) cancel?.();
    this.#rounds.clear();
  }

  #begin(room: string): void {
    this.#rounds.get(room)?.cancel?.();
    const round: Round = { step: 0, idle: 0, cancel: null };
    this.#rounds.set(room, round);
    round.cancel = this.#desk.clock.after(gather, () => quietly(this.#ask(room, round)));
  }

  async #ask(room: string, round: Round): Promise<void> {
    if (this.#rounds.get(room) !== round) return;
    const wanted = await this.#wanted(room);
    if (!wanted) return void this.#rounds.delete(room);
    let wait = Math.min(seldom, again * 2 ** round.idle);
    try {
      while (round.step < 3) {
        const devices = await this.#devices(wanted, round.step++);
        for (const device of devices) await this.#postbox.send("ask", device, { ...wanted });
        if (devices.length === 0) continue;
        return this.#later(room, round, patience);
      }
    } catch {
      wait = patience;
    }
    round.step = 0;
    round.idle++;
    this.#later(room, round, wait);
  }

  #later(room: string, round: Round, wait: number): void {
    round.cancel = this.#desk.clock.after(wait, () => quietly(this.#ask(room, round)));
  }

  async #wanted(room: string): Promise<Wanted | null> {
    const { book } = this.#desk;
    const conversation = book.get(room);
    // What a room that stands still does not open, nobody is asked for.
    if (!conversation || conversation.state === "frozen") return null;
    const seqs = (await book.shelf.broken()).filter((one) => one.room === room).map(({ seq }) => seq);
    return seqs.length > 0 ? { room, from: Math.min(...seqs), to: Math.max(...seqs) } : null;
  }

  async #devices(wanted: Wanted, step: number): Promise<DeviceKeys[]> {
    const { me, logs, book, about } = this.#desk;
    if (step === 0) return (await logs.keysOf(me.user)).filter(({ id }) => id !== me.device);
    const senders = await this.#senders(wanted);
    const others = (book.get(wanted.room)?.roster ?? []).map(({ user }) => user);
    const users = step === 1 ? senders : others.filter((user) => !senders.includes(user)).slice(0, 3);
    const asked = users.filter((user) => user !== me.user && user !== about.recorder);
    return (await Promise.all(asked.map((user) => logs.keysOf(user)))).flat();
  }

  async #senders({ room }: Wanted): Promise<string[]> {
    const { shelf } = this.#desk.book;
    const broken = (await shelf.broken()).filter((one) => one.room === room).slice(0, mostRows);
    const rows = await Promise.all(broken.map(({ seq }) => shelf.row(room, seq)));
    return [...new Set(rows.flatMap((row) => (row ? [row.user] : [])))].slice(0, 5);
  }

  /** Another device asks: own devices get everything, members what was said since they came. */
  async #answer({ body }: Letter, sender: Sender): Promise<void> {
    const wanted = wantedOf(body);
    const { me, logs, book, clock } = this.#desk;
    if (!wanted || !book.get(wanted.room)) return;
    const key = `${sender.device} ${wanted.room}`;
    if (clock.now() - (this.#answered.get(key) ?? 0) < answerEvery) return;
    this.#answered.set(key, clock.now());
    if (sender.user === me.user) await this.#level(wanted);
    const since = sender.user === me.user ? "" : await this.#since(wanted.room, sender.user);
    if (since === null) return;
    const device = (await logs.keysOf(sender.user)).find(({ id }) => id === sender.device);
    if (!device) return;
    const rows = (await this.#rows(wanted)).filter(({ at }) => !since || Date.parse(at) >= Date.parse(since));
    for (const messages of parcels(rows, parcelBytes).slice(0, mostParcels)) await this.#postbox.send("give", device, { room: wanted.room, messages });
  }

  /** An own device that asks may be ahead of this one, which has just come back. */
  async #level({ room, to }: Wanted): Promise<void> {
    const { book, clock } = this.#desk;
    for (let i = 0; i < 20 && (book.get(room)?.lastSeq ?? to) < to; i++) await pause(clock, 500);
  }

  /** null: no member. */
  async #since(room: string, user: string): Promise<string | null> {
    const members = await this.#desk.hub.members(room);
    return members.find((one) => one.user === user)?.since ?? null;
  }

  async #rows({ room, from, to }: Wanted): Promise<Row[]> {
    const { shelf } = this.#desk.book;
    const records = await shelf.records(room, from, to, mostRows, "last");
    const rows = await Promise.all(records.map((record) => shelf.openRow(record)));
    return rows.filter((row) => row !== null).filter(({ what }) => what.kind !== "line" && what.kind !== "devices");
  }

  async #take({ body }: Letter, from: Sender, mail: string): Promise<void> {
    const { room, messages } = (body ?? {}) as { room?: unknown; messages?: unknown };
    const { me, book } = this.#desk;
    const own = from.user === me.user;
    const member = typeof room === "string" && book.get(room)?.roster.some(({ user }) => user === from.user);
    if (!own && !member) return;
    const rows = rowsOf(messages).filter((row) => row.room === room);
    await takeIn(this.#desk, rows, { restoredBy: own ? null : from.user, brokenOnly: !own, mail });
  }
}

function wantedOf(body: unknown): Wanted | null {
  const { room, from, to } = (body ?? {}) as Record<string, unknown>;
  const good = typeof room === "string" && Number.isSafeInteger(from) && Number.isSafeInteger(to);
  return good && (from as number) >= 1 && (to as number) >= (from as number) ? { room, from: from as number, to: to as number } : null;
}
