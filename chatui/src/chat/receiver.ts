import { count, countBroken } from "../mls/counts.ts";
import { openCommit, openMessage, roster, type CommitFacts } from "../mls/group.ts";
import { judge, noteInfo } from "../mls/guard.ts";
import type { Leaf } from "../mls/leaf.ts";
import { MlsError, type Cause } from "../mls/mlsError.ts";
import { parsePayload, type Info, type Payload } from "../mls/payload.ts";
import { toBase64 } from "../seal/bytes.ts";
import type { Item } from "../stream/item.ts";
import { warned, withRows, type Patch } from "./book.ts";
import type { Desk } from "./desk.ts";
import type { Groups } from "./groups.ts";
import { HubError } from "./hubCalls.ts";
import { refusalOf, type Joining } from "./joining.ts";
import { lineOf } from "./lines.ts";
import type { Outbox } from "./outbox.ts";
import type { Kept, Row, Waiting, What } from "./records.ts";

interface Parts {
  readonly groups: Groups;
  readonly joining: Joining;
  readonly outbox: Outbox;
  /** Rooms that are not known here are looked up. */
  introduce(): Promise<void>;
  /** After a batch is stored. */
  stored(done: Stored): void;
}

/** Stored is what a room's batch has brought. */
export interface Stored {
  readonly room: string;
  readonly rows: readonly Row[];
  /** Somebody came, went or has another role. */
  readonly members: boolean;
  readonly lastResort: boolean;
  /** The number of the commit that brought this device in, when there was one. */
  readonly joined: number | null;
}

/** Receiver takes items in: in order per room, and all effects of a batch in one transaction. */
export class Receiver {
  #desk: Desk;
  #parts: Parts;

  constructor(desk: Desk, parts: Parts) {
    this.#desk = desk;
    this.#parts = parts;
  }

  /** keep resolves when everything is durable; when it rejects, the batch is to be given again. */
  async keep(items: readonly Item[]): Promise<void> {
    const byRoom = new Map<string, Item[]>();
    for (const item of items) byRoom.set(item.room, [...(byRoom.get(item.room) ?? []), item]);
    await Promise.all([...byRoom].map(([room, own]) => this.#desk.rooms.run(room, () => this.#room(room, own))));
  }

  async #room(room: string, items: readonly Item[]): Promise<void> {
    const { book } = this.#desk;
    const cursor = await book.shelf.cursor(room);
    const fresh = items.filter(({ seq }) => seq > cursor);
    if (fresh.length === 0) return;
    if (!book.get(room)) await this.#parts.introduce();
    const last = (fresh.at(-1) as Item).seq;
    // The account is not in it any more: there is nobody to read what came last.
    if (!book.get(room)) return book.save({ cursors: [{ room, seq: last }] });
    const batch = new Batch(this.#desk, this.#parts, room, await this.#parts.groups.get(room));
    for (const item of fresh) await batch.take(item);
    await batch.save(last);
  }
}

/** Batch gathers what the items of one room do, and writes it at once. */
class Batch {
  #desk: Desk;
  #parts: Parts;
  #room: string;
  #before: Kept | null;
  #kept: Kept | null;
  #lost: Cause | null = null;
  #rows: Row[] = [];
  #patches: Patch[] = [];
  #confirmed: string[] = [];
  #landed: Waiting[] = [];
  #used: string[] = [];
  #members = false;
  #joined: number | null = null;
  #lastResort = false;
  #frozen: boolean;
  #left: boolean;
  #asked: boolean;

  constructor(desk: Desk, parts: Parts, room: string, kept: Kept | "lost" | null) {
    this.#desk = desk;
    this.#parts = parts;
    this.#room = room;
    this.#kept = this.#before = kept === "lost" ? null : kept;
    if (kept === "lost") this.#lost = "state_lost";
    const state = desk.book.get(room)?.state;
    this.#left = state === "left";
    this.#frozen = state === "frozen";
    this.#asked = state === "joining";
  }

  async take(item: Item): Promise<void> {
    if (item.kind === "line") this.#line(item);
    // What is still on its way to who has left is nobody's loss.
    else if (this.#left && !item.welcome) return;
    else if (item.kind === "commit") await this.#commit(item);
    else if (item.kind === "msg") await this.#message(item);
  }

  async save(seq: number): Promise<void> {
    const { book, me } = this.#desk;
    const room = this.#room;
    const rows = this.#rows;
    const patch: Patch = (before) => {
      const patched = this.#patches.reduce((now, one) => one(now), before);
      return { ...withRows(patched, rows, me.user), lastSeq: Math.max(patched.lastSeq, seq) };
    };
    const changed = this.#kept !== this.#before;
    await book.save({
      patches: [{ room, patch }],
      groups: changed ? [{ room, kept: this.#kept }] : [],
      rows,
      confirmed: this.#confirmed.map((id) => ({ room, id })),
      cursors: [{ room, seq }],
      unqueue: this.#landed.map(({ order }) => order),
      usedPackages: this.#used,
    });
    this.#after(changed);
  }

  #after(changed: boolean): void {
    const { groups, joining, outbox, stored } = this.#parts;
    if (changed) groups.stored(this.#room, this.#kept);
    if (this.#joined !== null) joining.joined(this.#room);
    if (this.#lost) joining.rejoin(this.#room, this.#lost);
    for (const { id } of this.#landed) outbox.forget(this.#room, id);
    if (changed || this.#landed.length > 0) outbox.wake(this.#room);
    stored({ room: this.#room, rows: this.#rows, members: this.#members, lastResort: this.#lastResort, joined: this.#joined });
  }

  #line(item: Item): void {
    const what = lineOf(item.body);
    if (!what) return;
    this.#members = true;
    this.#rows.push(this.#row(item, what, what.by));
    const { user } = this.#desk.me;
    if (!what.users.includes(user)) return;
    if (what.act === "removed" || what.act === "left") this.#leave();
    if (what.act === "added") this.#left = false;
    if (what.act === "added") this.#patches.push((before) => (before.state === "left" ? { ...before, state: "joining" } : before));
    const { role } = what;
    if (what.act === "role" && role) this.#patches.push((before) => ({ ...before, role }));
  }

  #leave(): void {
    this.#left = true;
    this.#kept = null;
    this.#patches.push((before) => ({ ...before, state: "left" }));
  }

  async #commit(item: Item): Promise<void> {
    if (item.welcome) return this.#join(item);
    const kept = this.#kept;
    if (this.#frozen) return;
    if (!kept) return this.#lose("state_lost");
    // One's own that made the room, or one the Welcome already held.
    if (item.epoch < kept.group.epoch) return;
    try {
      const { logs } = this.#desk;
      const certified = (user: string, device: string) => logs.certified(user, device);
      const { group, facts } = await openCommit(kept.group, item.body, { user: item.user, device: item.from }, certified);
      const verdict = judge(kept.guard, facts);
      if (!verdict.ok) return this.#freeze(verdict.reason);
      if (facts.selfRemoved) return this.#removed();
      this.#kept = { ...kept, group, guard: verdict.guard };
      this.#devices(item, facts);
    } catch (error) {
      const refused = refusalOf(error);
      if (refused) this.#freeze(refused);
      else this.#lose(causeOf(error));
    }
  }

  async #join(item: Item): Promise<void> {
    const result = await this.#parts.joining.take(this.#room, item.seq);
    if ("later" in result) return this.#rest();
    if ("lost" in result) return this.#lose(result.lost);
    if ("refused" in result) return this.#freeze(result.refused);
    const { kept, used, lastResort } = result.joined;
    this.#kept = kept;
    this.#lost = null;
    this.#joined = item.seq;
    this.#frozen = this.#asked = false;
    this.#lastResort = lastResort;
    if (used) this.#used.push(used);
    this.#patches.push((before) => ({ ...before, state: "ready", warnings: before.warnings.filter(({ kind }) => kind !== "frozen") }));
  }

  async #message(item: Item): Promise<void> {
    if (item.from === this.#desk.me.device) return this.#own(item);
    if (await this.#have(item)) return;
    const kept = this.#kept;
    if (this.#frozen) return this.#break(item, "commit");
    if (!kept) {
      this.#break(item, "state_lost");
      return this.#lose("state_lost");
    }
    try {
      const header = { room: item.room, id: item.id, user: item.user, device: item.from };
      const opened = await openMessage(kept.group, item.body, header);
      this.#kept = { ...kept, group: opened.group };
      this.#payload(item, parsePayload(opened.payload), opened.sender);
    } catch (error) {
      this.#break(item, causeOf(error));
      const now = this.#kept as Kept;
      this.#kept = { ...now, counts: countBroken(now.counts, item.from) };
      if (item.epoch > now.group.epoch) this.#lose("epoch");
    }
  }

  #payload(item: Item, payload: Payload, sender: Leaf): void {
    const kept = this.#kept as Kept;
    const { counts, warning } = count(kept.counts, item.from, payload.run, payload.n);
    this.#kept = { ...kept, counts };
    if (warning) this.#patches.push((before) => warned(before, { kind: "missing", user: sender.user }));
    this.#rows.push(this.#row(item, this.#what(payload, sender), sender.user));
    if (payload.kind === "confirm" && sender.user === this.#desk.me.user) this.#confirmed.push(payload.ref);
  }

  #what(payload: Payload, sender: Leaf): What {
    switch (payload.kind) {
      case "text":
        return { kind: "text", text: payload.text, prio: payload.prio };
      case "confirm":
        return { kind: "confirm", ref: payload.ref };
      case "unknown":
        return { kind: "unknown", raw: toBase64(payload.raw) };
      case "info":
        return { kind: "info", title: payload.title, members: payload.members, shown: this.#info(payload, sender) };
    }
  }

  /** Tells whether the timeline shows it: when the title is another than before. */
  #info(info: Info, sender: Leaf): boolean {
    const kept = this.#kept as Kept;
    const { guard, changed } = noteInfo(kept.guard, info, sender);
    this.#kept = { ...kept, guard };
    const { title } = guard.info ?? info;
    this.#patches.push((before) => (before.kind === "group" ? { ...before, title } : before));
    return changed && kept.guard.info !== null;
  }

  /** A message of this device's own: nobody can decrypt what he has encrypted himself. */
  async #own(item: Item): Promise<void> {
    const waiting = await this.#desk.book.shelf.outboxEntry(item.id);
    const known = waiting?.what ?? (await this.#desk.book.shelf.rowById(item.room, item.id))?.what;
    if (!known) return this.#break(item, "state_lost");
    const shown = known.kind === "info" && this.#ownInfo(known);
    if (!waiting && !shown) return;
    this.#rows.push(this.#row(item, known.kind === "info" ? { ...known, shown } : known, item.user));
    if (waiting) this.#landed.push(waiting);
    if (known.kind === "confirm") this.#confirmed.push(known.ref);
  }

  // At its place in the room's order, as everybody else takes it in.
  #ownInfo({ title, members }: { title: string; members: readonly string[] }): boolean {
    const kept = this.#kept;
    const self = kept && roster(kept.group).find(({ index }) => index === kept.group.leaf);
    return self ? this.#info({ kind: "info", title, members, run: kept.run, n: kept.n }, self) : false;
  }

  async #have({ room, id }: Item): Promise<boolean> {
    return this.#rows.some((row) => row.id === id) || (await this.#desk.book.shelf.rowById(room, id)) !== null;
  }

  #devices(item: Item, { adds, removes, before }: CommitFacts): void {
    const known = new Set(before.map(({ user }) => user));
    const again = new Set(removes.map(({ device }) => device));
    const users = [...new Set(adds.filter(({ user, device }) => known.has(user) && !again.has(device)).map(({ user }) => user))];
    if (users.length > 0) this.#rows.push(this.#row(item, { kind: "devices", users }, item.user));
  }

  #removed(): void {
    this.#kept = null;
    this.#members = true;
    this.#patches.push((before) => (before.state === "left" ? before : { ...before, state: "joining" }));
  }

  // A newer Welcome is on its way: until its commit, nothing can be read.
  #rest(): void {
    this.#kept = null;
    this.#asked = true;
    this.#patches.push((before) => ({ ...before, state: "joining" }));
  }

  #lose(cause: Cause): void {
    this.#kept = null;
    this.#patches.push((before) => (before.state === "left" ? before : { ...before, state: "joining" }));
    if (!this.#asked) this.#lost = cause;
    this.#asked = true;
  }

  #freeze(reason: string): void {
    this.#frozen = true;
    this.#patches.push((before) => warned({ ...before, state: "frozen" }, { kind: "frozen", reason }));
  }

  #break(item: Item, cause: Cause): void {
    this.#rows.push(this.#row(item, { kind: "broken", cause }, item.user));
  }

  #row({ room, seq, id, at, from }: Item, what: What, user: string): Row {
    return { room, seq, id, at, user, from, restoredBy: null, what };
  }
}

/** causeOf names why an item is broken. What only the network is to blame for goes on: the batch comes again. */
function causeOf(error: unknown): Cause {
  if (error instanceof HubError) throw error;
  return error instanceof MlsError ? error.cause : "format";
}
