import { commit, roster } from "../mls/group.ts";
import { judge } from "../mls/guard.ts";
import { readKeyPackage } from "../mls/packages.ts";
import { equal, type Bytes } from "../seal/bytes.ts";
import { pause, type Desk } from "./desk.ts";
import type { Groups } from "./groups.ts";
import { HubError, type RecorderInfo } from "./hubCalls.ts";
import type { Conversation, Kept, Outgoing } from "./records.ts";

interface Parts {
  readonly groups: Groups;
  post(room: string, what: Outgoing): Promise<void>;
}

// Decoding a group takes tens of milliseconds; everything else goes first.
const roomsALook = 20;
// Of several members' devices one should be first; the others then find it done.
const spread = 6_000;

/**
 * Keeper brings the recorder into rooms it is not in: those begun before it was there for the first time, and all
 * of them when it has lost its keys and is a new device. Nobody else commits for others, so without it no room heals.
 */
export class Keeper {
  #desk: Desk;
  #parts: Parts;
  #device = "";
  #fine = new Set<string>();
  #looking = false;

  constructor(desk: Desk, parts: Parts) {
    this.#desk = desk;
    this.#parts = parts;
  }

  /** look is called now and then; with nothing to do it asks nobody anything. */
  async look(): Promise<void> {
    if (this.#looking || this.#open().length === 0) return;
    this.#looking = true;
    try {
      const recorder = await this.#desk.hub.recorder();
      if (!recorder) return;
      if (recorder.device !== this.#device) this.#fine.clear();
      this.#device = recorder.device;
      await pause(this.#desk.clock, this.#desk.random() * spread);
      for (const { room } of this.#open().slice(0, roomsALook)) await this.#desk.rooms.run(room, () => this.#room(room, recorder));
    } finally {
      this.#looking = false;
    }
  }

  /** doubt looks at everything again: the recorder may be another device by now. */
  doubt(): void {
    this.#fine.clear();
  }

  #open(): Conversation[] {
    return [...this.#desk.book.conversations.values()].filter(({ room, state, creating }) => state === "ready" && !creating && !this.#fine.has(room));
  }

  async #room(room: string, recorder: RecorderInfo): Promise<void> {
    const conversation = this.#desk.book.get(room);
    const kept = await this.#parts.groups.get(room);
    if (!conversation || !kept || kept === "lost") return;
    const leaves = roster(kept.group);
    const there = leaves.some(({ user, device }) => user === recorder.user && device === recorder.device);
    const mayRemove = conversation.role === "owner" || conversation.role === "moderator";
    const stale = leaves.filter(({ user, device }) => mayRemove && user === recorder.user && device !== recorder.device);
    if (there && stale.length === 0) return void this.#fine.add(room);
    const adds = there ? [] : await this.#invitation(recorder);
    if (adds.length + stale.length > 0) await this.#commit(conversation, kept, adds, stale.map(({ index }) => index));
  }

  // Nobody is added whom his own log does not vouch for, the recorder neither.
  async #invitation({ user, device }: RecorderInfo): Promise<Bytes[]> {
    const { hub, logs } = this.#desk;
    const [claimed] = await hub.claimDevice(device);
    const facts = claimed && (await readKeyPackage(claimed.body).catch(() => null));
    if (!facts || facts.user !== user || facts.device !== device) return [];
    const known = await logs.certified(user, device);
    return known && !known.revoked && equal(known.sign, facts.sign) ? [claimed.body] : [];
  }

  // The room's lock is held from before the commit until it is stored: nothing is sent or read in between. Should the
  // browser end there, this device finds a commit of its own it knows nothing of, and asks to be added anew.
  async #commit({ room, kind, title, roster: members }: Conversation, kept: Kept, adds: readonly Bytes[], removes: readonly number[]): Promise<void> {
    const { hub, logs, book } = this.#desk;
    const pending = await commit(kept.group, { adds, removes }, (user, device) => logs.certified(user, device));
    const verdict = judge(kept.guard, pending.facts);
    if (!verdict.ok) return;
    try {
      await hub.commit(room, { id: crypto.randomUUID(), body: pending.commit }, pending.welcome);
    } catch (error) {
      // Another was first, or it is not for this member to do: the next look decides again.
      if (error instanceof HubError && !error.passing) return;
      throw error;
    }
    const next = { ...kept, group: pending.group, guard: verdict.guard };
    await book.save({ groups: [{ room, kept: next }] });
    this.#parts.groups.stored(room, next);
    this.#fine.add(room);
    // It can tell those who come later only what it has heard itself.
    const users = members.filter(({ recorder }) => !recorder).map(({ user }) => user);
    if (kind === "group" && users.length > 0) await this.#parts.post(room, { kind: "info", title, members: users });
  }
}
