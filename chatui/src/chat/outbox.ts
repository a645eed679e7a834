import { sealMessage } from "../mls/group.ts";
import { encodePayload } from "../mls/payload.ts";
import { fromBase64, toBase64 } from "../seal/bytes.ts";
import { backoff } from "../stream/backoff.ts";
import { encodeSend } from "../stream/item.ts";
import type { TalkMessage } from "../stream/messages.ts";
import { withRows } from "./book.ts";
import { quietly, type Desk } from "./desk.ts";
import type { Groups } from "./groups.ts";
import type { Kept, Outgoing, Row, Waiting } from "./records.ts";

type Sent = Extract<TalkMessage, { t: "sent" }>;
type Refused = Extract<TalkMessage, { t: "refused" }>;

// Refusals that another try cannot change.
const final = new Set(["malformed", "too_large", "room", "role"]);
// An answer that does not come within this time is asked for again; the same id takes effect once.
const answerWithin = 20_000;

interface Place {
  /** The message that is on its way. */
  flying: string | null;
  attempt: number;
  cancel: (() => void) | null;
}

/**
 * Outbox sends what is written, in order per room and one at a time: the next is
 * numbered and encrypted only when the one before has its place, so a refusal can
 * neither reorder nor leave a hole in the numbering.
 */
export class Outbox {
  #desk: Desk;
  #groups: Groups;
  #lost: (room: string) => void;
  #places = new Map<string, Place>();
  #live = false;

  /** lost is called when there is no group to encrypt for. */
  constructor(desk: Desk, groups: Groups, lost: (room: string) => void) {
    this.#desk = desk;
    this.#groups = groups;
    this.#lost = lost;
  }

  live(live: boolean): void {
    this.#live = live;
    for (const place of this.#places.values()) this.#rest(place);
    if (live) quietly(this.#wakeAll());
  }

  wake(room: string): void {
    const place = this.#place(room);
    if (place.flying === null) {
      place.cancel?.();
      place.cancel = null;
    }
    void this.#next(room);
  }

  stop(): void {
    this.live(false);
  }

  /** forget lets go of what has its place among the room's items by now. */
  forget(room: string, id: string): void {
    const place = this.#place(room);
    if (place.flying !== id) return;
    this.#rest(place);
    place.attempt = 0;
  }

  heard(message: Sent | Refused): Promise<void> {
    return this.#desk.rooms.run(message.room, () => (message.t === "sent" ? this.#sent(message) : this.#refused(message)));
  }

  async #sent({ id, room, seq, at }: Sent): Promise<void> {
    const { me, book } = this.#desk;
    const waiting = await book.shelf.outboxEntry(id);
    if (!waiting) return this.forget(room, id);
    const row: Row = { room, seq, id, at, user: me.user, from: me.device, restoredBy: null, what: whatOf(waiting.what) };
    await book.save({
      rows: [row],
      unqueue: [waiting.order],
      confirmed: waiting.what.kind === "confirm" ? [{ room, id: waiting.what.ref }] : [],
      patches: [{ room, patch: (before) => withRows(before, [row], me.user) }],
    });
    this.forget(room, id);
    void this.#next(room);
  }

  async #refused({ id, room, code }: Refused): Promise<void> {
    const waiting = await this.#desk.book.shelf.outboxEntry(id);
    const place = this.#place(room);
    if (!waiting || place.flying !== id) return;
    if (final.has(code)) {
      await this.#giveUp(waiting, code);
      this.forget(room, id);
      return void this.#next(room);
    }
    // Encrypted for an epoch that is over: under the same id and number again.
    if (code === "epoch" && waiting.sealed) await this.#desk.book.save({ queue: [{ ...waiting, sealed: { ...waiting.sealed, body: "" } }] });
    this.#again(room, place, backoff(place.attempt++, this.#desk.random));
  }

  // Its number was refused with it: the next message takes it.
  async #giveUp(waiting: Waiting, code: string): Promise<void> {
    const { room, sealed } = waiting;
    const kept = await this.#groups.get(room);
    const failed = { ...waiting, sealed: null, fault: code };
    const last = kept && kept !== "lost" && sealed?.run === kept.run && sealed.n === kept.n;
    const back = last ? { ...kept, n: kept.n - 1 } : null;
    await this.#desk.book.save({ queue: [failed], groups: back ? [{ room, kept: back }] : [] });
    if (back) this.#groups.stored(room, back);
  }

  async #wakeAll(): Promise<void> {
    for (const room of await this.#desk.book.shelf.outboxRooms()) void this.#next(room);
  }

  #next(room: string): Promise<void> {
    return this.#desk.rooms.run(room, () => this.#send(room)).catch(() => undefined);
  }

  async #send(room: string): Promise<void> {
    const place = this.#place(room);
    if (!this.#live || place.flying || place.cancel) return;
    const { book } = this.#desk;
    const head = (await book.shelf.outbox(room)).find(({ fault }) => !fault);
    if (!head || book.get(room)?.state !== "ready") return;
    const ready = head.sealed?.body ? head : await this.#sealOrFail(head);
    if (!ready?.sealed || !this.#live) return;
    const { epoch, body } = ready.sealed;
    this.#again(room, place, answerWithin);
    place.flying = head.id;
    const prio = head.what.kind === "text" ? head.what.prio : 0;
    this.#desk.line.send(encodeSend({ room, id: head.id, epoch, prio }, fromBase64(body)));
  }

  // What exceeds the limits will do so at the next try too.
  async #sealOrFail(waiting: Waiting): Promise<Waiting | null> {
    try {
      return await this.#seal(waiting);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      await this.#giveUp(waiting, "too_large");
      void this.#next(waiting.room);
      return null;
    }
  }

  /** The advanced ratchet and the ciphertext are on the disk before anything goes out. */
  async #seal(waiting: Waiting): Promise<Waiting | null> {
    const { room, id, what } = waiting;
    const kept = await this.#groups.get(room);
    if (!kept || kept === "lost") {
      this.#lost(room);
      return null;
    }
    const again = waiting.sealed?.run === kept.run ? waiting.sealed.n : null;
    const n = again ?? kept.n + 1;
    const payload = encodePayload({ ...what, run: kept.run, n });
    const { group, body, epoch } = await sealMessage(kept.group, payload, id);
    const sealed = { run: kept.run, n, epoch, body: toBase64(body) };
    const after: Kept = { ...kept, group, n: Math.max(n, kept.n) };
    const ready = { ...waiting, sealed };
    await this.#desk.book.save({ groups: [{ room, kept: after }], queue: [ready] });
    this.#groups.stored(room, after);
    return ready;
  }

  #again(room: string, place: Place, after: number): void {
    this.#rest(place);
    place.cancel = this.#desk.clock.after(after, () => {
      this.#rest(place);
      void this.#next(room);
    });
  }

  #rest(place: Place): void {
    place.flying = null;
    place.cancel?.();
    place.cancel = null;
  }

  #place(room: string): Place {
    const found = this.#places.get(room);
    if (found) return found;
    const made: Place = { flying: null, attempt: 0, cancel: null };
    this.#places.set(room, made);
    return made;
  }
}

// Whether it is shown is decided at its place in the room's order.
function whatOf(what: Outgoing): Row["what"] {
  return what.kind === "info" ? { ...what, shown: false } : what;
}
