import { createGroup } from "../mls/group.ts";
import { startCounts } from "../mls/counts.ts";
import { startGuard } from "../mls/guard.ts";
import { readKeyPackage } from "../mls/packages.ts";
import { limits, newRun } from "../mls/payload.ts";
import { equal, type Bytes } from "../seal/bytes.ts";
import type { Desk } from "./desk.ts";
import type { Groups } from "./groups.ts";
import { HubError, type MemberInfo, type RoomInfo } from "./hubCalls.ts";
import { roleOf } from "./lines.ts";
import type { Member, Role } from "./model.ts";
import type { Conversation, Kept, Outgoing } from "./records.ts";

interface Parts {
  readonly groups: Groups;
  post(room: string, what: Outgoing): Promise<void>;
}

/** Rooms are the conversations of this account: the hub's list of them, making new ones, and who is in them. */
export class Rooms {
  #desk: Desk;
  #parts: Parts;
  /** How far other devices of the account have read, by the hub's list. */
  readonly read = new Map<string, number>();
  #making = new Set<string>();

  constructor(desk: Desk, parts: Parts) {
    this.#desk = desk;
    this.#parts = parts;
  }

  /** refresh takes over what the hub says of this account's rooms. */
  async refresh(): Promise<void> {
    const { hub, book } = this.#desk;
    const listed = (await hub.rooms()).filter(({ kind }) => kind === "direct" || kind === "group");
    for (const room of listed) this.read.set(room.id, room.read_seq ?? 0);
    const ids = new Set(listed.map(({ id }) => id));
    const absent = [...book.conversations.values()].filter(({ room, state }) => !ids.has(room) && state !== "left" && !this.#making.has(room));
    const gone = absent.filter(({ creating }) => !creating);
    const fresh = listed.filter(({ id }) => !book.get(id));
    await book.meet(listed.flatMap(({ peer }) => (peer ? [{ user: peer.id, name: peer.name, recorder: false }] : [])));
    await book.save({
      begin: fresh.map(begun),
      patches: [
        ...listed.map((info) => ({ room: info.id, patch: (before: Conversation) => merged(before, info) })),
        ...gone.map(({ room }) => ({ room, patch: (before: Conversation) => ({ ...before, state: "left" as const }) })),
      ],
      drop: absent.filter(({ creating }) => creating).map(({ room }) => room),
      groups: gone.map(({ room }) => ({ room, kept: null })),
    });
    for (const { room } of gone) this.#parts.groups.stored(room, null);
    for (const { id } of listed) if (book.get(id)?.roster.length === 0) await this.members(id).catch(() => undefined);
  }

  async members(room: string): Promise<Member[]> {
    const { hub, book } = this.#desk;
    const found = await hub.members(room);
    const roster = found.map(memberOf);
    await book.meet(roster);
    const same = JSON.stringify(book.get(room)?.roster) === JSON.stringify(roster);
    if (!same) await book.patch(room, (before) => ({ ...before, roster }));
    return roster;
  }

  openDirect(user: string): Promise<string> {
    const known = [...this.#desk.book.conversations.values()].find(({ kind, peer }) => kind === "direct" && peer === user);
    return known ? Promise.resolve(known.room) : this.#create("direct", "", [user]);
  }

  openGroup(title: string, users: readonly string[], alert?: string): Promise<string> {
    const known = [...this.#desk.book.conversations.values()].find((one) => alert && one.alert === alert && one.state !== "left");
    return known ? Promise.resolve(known.room) : this.#create("group", title, users, alert);
  }

  async rename(room: string, title: string): Promise<void> {
    await this.#parts.post(room, { kind: "info", title: checked(title), members: await this.#users(room) });
  }

  /** addMembers: the hub allows it, the message says that a member wants it; then the recorder adds. */
  async addMembers(room: string, users: readonly string[]): Promise<void> {
    await this.#desk.hub.addMembers(room, users);
    const members = [...new Set([...(await this.#users(room)), ...users])];
    await this.#parts.post(room, { kind: "info", title: this.#desk.book.get(room)?.title ?? "", members });
  }

  async removeMember(room: string, user: string): Promise<void> {
    await this.#desk.hub.removeMember(room, user);
    const members = (await this.#users(room)).filter((one) => one !== user);
    await this.#parts.post(room, { kind: "info", title: this.#desk.book.get(room)?.title ?? "", members });
  }

  async setRole(room: string, user: string, role: Role): Promise<void> {
    await this.#desk.hub.setRole(room, user, role);
    await this.members(room);
  }

  async leave(room: string): Promise<void> {
    const { hub, me, book } = this.#desk;
    await hub.removeMember(room, me.user);
    await book.save({ patches: [{ room, patch: (before) => ({ ...before, state: "left" }) }], groups: [{ room, kept: null }] });
    this.#parts.groups.stored(room, null);
  }

  async mute(room: string, muted: boolean): Promise<void> {
    await this.#desk.hub.mute(room, muted);
    await this.#desk.book.patch(room, (before) => ({ ...before, muted }));
  }

  async #users(room: string): Promise<string[]> {
    return (await this.members(room)).map(({ user }) => user);
  }

  // The group is stored before the hub hears of it: after a crash in between, the hub's list decides what it is.
  async #create(kind: "direct" | "group", title: string, users: readonly string[], alert?: string): Promise<string> {
    const room = crypto.randomUUID();
    this.#making.add(room);
    try {
      return await this.#make(room, kind, checked(title), users.filter((user) => user !== this.#desk.me.user), alert);
    } finally {
      this.#making.delete(room);
    }
  }

  async #make(room: string, kind: "direct" | "group", title: string, others: readonly string[], alert?: string): Promise<string> {
    const { me, book, logs, about } = this.#desk;
    const packages = await this.#claim([...others, me.user]);
    const certified = (user: string, device: string) => logs.certified(user, device);
    const { group, commit, welcome, facts } = await createGroup(me, room, packages, certified);
    const kept: Kept = { group, guard: startGuard(facts.after, about.recorder, me.user), counts: startCounts([]), run: newRun(), n: 0 };
    const conversation = { ...begun({ id: room, kind, last_seq: 0, role: "owner" }), title, peer: kind === "direct" ? (others[0] ?? null) : null, alert: alert ?? null, creating: true };
    await book.save({ begin: [conversation], groups: [{ room, kept }] });
    const exists = await this.#post({ id: room, kind, members: others, ...(alert ? { alert } : {}), commit: { id: crypto.randomUUID(), body: commit }, welcome });
    if (exists) {
      await this.refresh();
      return exists;
    }
    this.#parts.groups.stored(room, kept);
    await book.patch(room, ({ creating: _done, ...before }) => ({ ...before, state: "ready" }));
    await this.#parts.post(room, { kind: "info", title, members: [me.user, ...others] });
    await this.members(room).catch(() => undefined);
    return room;
  }

  // A device that its owner's log does not name is left out; the recorder adds it when that has changed.
  async #claim(users: readonly string[]): Promise<Bytes[]> {
    const { hub, logs, me, about } = this.#desk;
    const claimed = (await hub.claim(users)).filter(({ device }) => device !== me.device);
    const good = await Promise.all(claimed.map(async ({ body }) => {
      const facts = await readKeyPackage(body).catch(() => null);
      if (!facts || !(users.includes(facts.user) || facts.user === about.recorder)) return false;
      const known = await logs.certified(facts.user, facts.device);
      return known !== null && !known.revoked && equal(known.sign, facts.sign);
    }));
    return claimed.filter((_, i) => good[i]).map(({ body }) => body);
  }

  /** Gives the room that exists instead; a refusal takes the begun one back. */
  async #post(room: Parameters<Desk["hub"]["createRoom"]>[0]): Promise<string | null> {
    const { hub, book } = this.#desk;
    const undo = (): Promise<void> => book.save({ drop: [room.id] });
    try {
      const exists = await hub.createRoom(room);
      if (exists) await undo();
      return exists;
    } catch (error) {
      if (!(error instanceof HubError) || !error.passing) await undo();
      throw error;
    }
  }
}

function checked(title: string): string {
  const trimmed = title.trim();
  if (trimmed.length > limits.title) throw new Error("too_large");
  return trimmed;
}

function begun({ id, kind, peer, role }: RoomInfo): Conversation {
  return {
    room: id,
    kind: kind === "direct" ? "direct" : "group",
    title: peer?.name ?? "",
    peer: peer?.id ?? null,
    alert: null,
    role: roleOf(role) ?? "member",
    muted: false,
    state: "joining",
    readSeq: 0,
    lastSeq: 0,
    at: new Date().toISOString(),
    last: null,
    lastOf: 0,
    warnings: [],
    roster: [],
    receipts: [],
  };
}

function merged(before: Conversation, info: RoomInfo): Conversation {
  const { creating, ...rest } = before;
  const state = before.state === "left" ? "joining" : creating ? "ready" : before.state;
  return {
    ...rest,
    state,
    title: info.peer?.name ?? before.title,
    peer: info.peer?.id ?? before.peer,
    alert: info.alert ?? before.alert,
    role: roleOf(info.role) ?? before.role,
    muted: info.muted ?? before.muted,
    readSeq: Math.max(before.readSeq, info.read_seq ?? 0),
    at: before.last ? before.at : (info.at ?? before.at),
  };
}

function memberOf({ user, name, role, recorder }: MemberInfo): Member {
  return { user, name, role: roleOf(role) ?? "member", recorder };
}
