import type { LogItem } from "../../identity/log.ts";
import { peekCommit, type CommitFacts } from "../../mls/group.ts";
import { readKeyPackage } from "../../mls/packages.ts";
import { fromBase64, toBase64, utf8, type Bytes } from "../../seal/bytes.ts";
import type { Item } from "../../stream/item.ts";
import type { ServerMessage } from "../../stream/messages.ts";
import { HubError, type Ask } from "../hubCalls.ts";
import type { Role } from "../model.ts";

// The hub of docs/protocols/chat.md in memory, as far as a client can tell the difference.

export interface HubDevice {
  readonly id: string;
  readonly user: string;
  readonly name: string;
  readonly sign: Bytes;
  readonly kem: Bytes;
  packages: Bytes[];
  lastResort: Bytes | null;
  mail: { id: string; from: string; body: Bytes }[];
  cursor: Map<string, number>;
  hear: ((message: ServerMessage) => void) | null;
  /** There may be new items. */
  poke: (() => void) | null;
}

export interface HubRoom {
  readonly id: string;
  readonly kind: string;
  readonly alert: string | undefined;
  readonly members: Map<string, { role: Role; since: string }>;
  readonly items: Item[];
  readonly read: Map<string, number>;
  readonly muted: Set<string>;
  epoch: number;
  changedLast: boolean;
  /** When each device was in the group. */
  readonly spans: Map<string, { from: number; to: number }[]>;
  readonly welcomes: Map<string, { seq: number; body: Bytes }>;
  readonly rejoin: Map<string, { package: Bytes; cause: string }>;
}

interface Account {
  readonly name: string;
  readonly log: LogItem[];
  readonly backup: Map<number, Bytes>;
}

/** Everything a body of the routes below may hold. */
interface Body {
  devices?: string[];
  users: string[];
  role: Role;
  muted: boolean;
  package: string;
  packages: string[];
  last_resort?: string;
  cause: string;
  body: string;
  sig: string;
  to: string;
  items: { room: string; seq: number; cause: string }[];
  id: string;
  kind: string;
  members: string[];
  alert?: string;
  commit: { id: string; body: string };
  welcome?: string;
}

type Route = [method: string, path: RegExp, run: (device: HubDevice, match: RegExpMatchArray, body: Body) => unknown];

const refuse = (status: number, code: string, room: string | null = null): never => {
  throw new HubError(status, code, room);
};

export class MemoryHub {
  readonly clinic = crypto.randomUUID();
  readonly accounts = new Map<string, Account>();
  readonly devices = new Map<string, HubDevice>();
  readonly rooms = new Map<string, HubRoom>();
  readonly faults: { device: string; room: string; seq: number; cause: string }[] = [];
  readonly repaired: { device: string; room: string; seq: number }[] = [];
  recorder: { user: string; device: string } | null = null;
  receipts = true;
  /** Called when the recorder may have something to do. */
  upkeep: () => void = () => undefined;
  /** Tests look at, change or refuse requests here. */
  before: (device: HubDevice, method: string, path: string) => void = () => undefined;

  account(name: string): string {
    const id = crypto.randomUUID();
    this.accounts.set(id, { name, log: [], backup: new Map() });
    return id;
  }

  register(user: string, name: string, sign: Bytes, kem: Bytes): HubDevice {
    const device: HubDevice = { id: crypto.randomUUID(), user, name, sign, kem, packages: [], lastResort: null, mail: [], cursor: new Map(), hear: null, poke: null };
    this.devices.set(device.id, device);
    return device;
  }

  askOf(device: HubDevice): Ask {
    return async (method, path, body) => {
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.before(device, method, path);
      for (const [verb, pattern, run] of this.#routes) {
        const match = verb === method ? path.match(pattern) : null;
        if (match) return structuredClone(await run(device, match, (body ?? {}) as Body)) ?? null;
      }
      return refuse(404, "not_found");
    };
  }

  /** send is the binary frame; the answer comes as a message. */
  async send(device: HubDevice, frame: ArrayBuffer): Promise<void> {
    const bytes = new Uint8Array(frame);
    const length = new DataView(frame).getUint32(1);
    const { room: id, id: item, epoch, prio } = JSON.parse(new TextDecoder().decode(bytes.slice(5, 5 + length))) as { room: string; id: string; epoch: number; prio: number };
    await new Promise((resolve) => setTimeout(resolve, 0));
    const room = this.rooms.get(id);
    const member = room?.members.get(device.user);
    const code = !room || !member ? "room" : member.role === "reader" ? "role" : this.#late(room, epoch) ? "epoch" : null;
    const known = room?.items.find((one) => one.id === item);
    if (room && known) return device.hear?.({ t: "sent", id: item, room: id, seq: known.seq, at: known.at });
    if (!room || code) return device.hear?.({ t: "refused", id: item, room: id, code: code ?? "room" });
    const made = this.append(room, { id: item, kind: "msg", user: device.user, from: device.id, epoch, prio, body: bytes.slice(5 + length) });
    device.hear?.({ t: "sent", id: item, room: id, seq: made.seq, at: made.at });
  }

  append(room: HubRoom, item: Partial<Item> & Pick<Item, "kind" | "body">): Item {
    const whole: Item = {
      room: room.id, seq: room.items.length + 1, id: crypto.randomUUID(), ref: "", at: new Date().toISOString(), user: "", from: "", epoch: 0, prio: 0,
      welcome: false, kek: new Uint8Array(), enc: new Uint8Array(), row: new Uint8Array(), ...item,
    };
    room.items.push(whole);
    this.poke(room);
    return whole;
  }

  poke(room: HubRoom): void {
    for (const device of this.devices.values()) if (room.members.has(device.user) || room.spans.has(device.id)) device.poke?.();
    this.upkeep();
  }

  /** itemsFor gives what a device may have after a number. */
  itemsFor(device: HubDevice, room: HubRoom, after: number): Item[] {
    const spans = room.spans.get(device.id) ?? [];
    return room.items.filter((item) => {
      if (item.seq <= after) return false;
      if (item.kind === "line") return room.members.has(device.user) || item.user === device.user;
      return spans.some(({ from, to }) => item.seq >= from && item.seq <= to);
    }).map((item) => (spans.some(({ from }) => from === item.seq) ? { ...item, welcome: room.welcomes.has(device.id) && item.from !== device.id } : item));
  }

  acked(device: HubDevice, room: string, seq: number): void {
    device.cursor.set(room, Math.max(seq, device.cursor.get(room) ?? 0));
    this.#tellReceipts(room);
  }

  markRead(device: HubDevice, id: string, seq: number): void {
    const room = this.rooms.get(id);
    if (!room) return;
    room.read.set(device.user, Math.max(seq, room.read.get(device.user) ?? 0));
    for (const other of this.devices.values()) if (other.user === device.user && other !== device) other.hear?.({ t: "read", room: id, seq });
    this.#tellReceipts(id);
  }

  /** commit takes a handshake in; facts of the recorder's are known, a creator's are read off the commit. */
  async commit(room: HubRoom, device: HubDevice, id: string, body: Bytes, welcome: Bytes | null, facts?: CommitFacts): Promise<number> {
    const { epoch, adds } = peekCommit(body);
    if (epoch !== room.epoch) refuse(409, "epoch");
    room.epoch++;
    const seq = room.items.length + 1;
    for (const { device: gone } of facts?.removes ?? []) this.#endSpan(room, gone, seq);
    room.changedLast = (facts?.removes.length ?? 0) + adds.length > 0;
    if (room.epoch === 1) this.#startSpan(room, device.id, seq);
    for (const { device: added } of adds) {
      this.#startSpan(room, added, seq);
      if (welcome) room.welcomes.set(added, { seq, body: welcome });
      room.rejoin.delete(added);
    }
    this.append(room, { id, kind: "commit", user: device.user, from: device.id, epoch, body });
    return seq;
  }

  line(room: HubRoom, by: string, act: string, users: string[], role?: Role): void {
    this.append(room, { kind: "line", user: by, body: utf8(JSON.stringify({ act, by, users, ...(role ? { role } : {}) })) });
  }

  tell(user: string, message: ServerMessage): void {
    for (const device of this.devices.values()) if (device.user === user) device.hear?.(message);
  }

  #devicesOf(user: string): object {
    const devices = [...this.devices.values()].filter((one) => one.user === user);
    return { items: devices.map(({ id, name, sign, kem }) => ({ id, name, sign_public: toBase64(sign), kem_public: toBase64(kem) })) };
  }

  #late(room: HubRoom, epoch: number): boolean {
    return epoch !== room.epoch && (epoch !== room.epoch - 1 || room.changedLast);
  }

  #startSpan(room: HubRoom, device: string, from: number): void {
    room.spans.set(device, [...(room.spans.get(device) ?? []), { from, to: Number.MAX_SAFE_INTEGER }]);
  }

  #endSpan(room: HubRoom, device: string, to: number): void {
    const last = room.spans.get(device)?.at(-1);
    if (last) last.to = Math.min(last.to, to);
  }

  #receiptsOf(room: HubRoom): { user: string; delivered: number; read: number }[] {
    return [...room.members.keys()].map((user) => {
      const cursors = [...this.devices.values()].filter((one) => one.user === user).map(({ cursor }) => cursor.get(room.id) ?? 0);
      return { user, delivered: Math.max(0, ...cursors), read: room.read.get(user) ?? 0 };
    });
  }

  #tellReceipts(id: string): void {
    const room = this.rooms.get(id);
    if (room?.kind === "direct") for (const user of room.members.keys()) this.tell(user, { t: "receipts", room: id, items: this.#receiptsOf(room) });
  }

  #room(device: HubDevice, id: string | undefined): HubRoom {
    const room = this.rooms.get(id ?? "");
    return room?.members.has(device.user) ? room : refuse(404, "not_found");
  }

  readonly #routes: readonly Route[] = [
    ["GET", /^\/chat$/, () => ({ clinic: this.clinic, recorder: this.recorder, backup: true, receipts: this.receipts, max_leaves: 256 })],
    ["GET", /^\/users\?q=(.*)&limit=50$/, (_d, [, query]) => ({
      items: [...this.accounts].filter(([, { name }]) => name.includes(decodeURIComponent(query ?? ""))).map(([id, { name }]) => ({ id, name, title: "", units: [], devices: 1, recorder: id === this.recorder?.user })),
    })],
    ["GET", /^\/rooms$/, (device) => ({
      items: [...this.rooms.values()].filter(({ members }) => members.has(device.user)).map((room) => this.#info(room, device)),
    })],
    ["POST", /^\/rooms$/, (device, _m, body) => this.#create(device, body)],
    ["GET", /^\/rooms\/([^/]+)\/members$/, (device, [, id]) => ({
      items: [...this.#room(device, id).members].map(([user, { role, since }]) => ({ user, name: this.accounts.get(user)?.name ?? "", role, recorder: user === this.recorder?.user, since })),
    })],
    ["POST", /^\/rooms\/([^/]+)\/members$/, (device, [, id], { users }) => {
      const room = this.#room(device, id);
      for (const user of users) room.members.set(user, { role: "member", since: new Date().toISOString() });
      this.line(room, device.user, "added", users);
      for (const user of users) this.tell(user, { t: "rooms" });
    }],
    ["DELETE", /^\/rooms\/([^/]+)\/members\/([^/]+)$/, (device, [, id, user = ""]) => {
      const room = this.#room(device, id);
      this.line(room, device.user, user === device.user ? "left" : "removed", [user]);
      room.members.delete(user);
      this.tell(user, { t: "rooms" });
      this.upkeep();
    }],
    ["PUT", /^\/rooms\/([^/]+)\/members\/([^/]+)$/, (device, [, id, user = ""], { role }) => {
      const room = this.#room(device, id);
      room.members.set(user, { role, since: room.members.get(user)?.since ?? "" });
      this.line(room, device.user, "role", [user], role);
    }],
    ["PUT", /^\/rooms\/([^/]+)\/mute$/, (device, [, id], { muted }) => {
      if (muted) this.#room(device, id).muted.add(device.user);
      else this.#room(device, id).muted.delete(device.user);
    }],
    ["GET", /^\/rooms\/([^/]+)\/welcome$/, (device, [, id]) => {
      const found = this.#room(device, id).welcomes.get(device.id);
      return found ? { seq: found.seq, body: toBase64(found.body) } : refuse(404, "not_found");
    }],
    ["POST", /^\/rooms\/([^/]+)\/rejoin$/, (device, [, id], body) => {
      this.#room(device, id).rejoin.set(device.id, { package: fromBase64(body.package), cause: body.cause });
      this.upkeep();
    }],
    ["GET", /^\/rooms\/([^/]+)\/receipts$/, (device, [, id]) => ({ items: this.#receiptsOf(this.#room(device, id)) })],
    ["GET", /^\/keypackages$/, (device) => ({ count: device.packages.length })],
    ["POST", /^\/keypackages$/, (device, _m, { packages, last_resort }) => {
      device.packages.push(...packages.map(fromBase64));
      if (last_resort) device.lastResort = fromBase64(last_resort);
      this.upkeep();
    }],
    ["POST", /^\/rooms\/([^/]+)\/commits$/, async (device, [, id], { id: item, body, welcome }) => {
      const room = this.#room(device, id);
      await this.commit(room, device, item, fromBase64(body), welcome ? fromBase64(welcome) : null);
      this.upkeep();
    }],
    ["POST", /^\/keypackages\/claim$/, (_d, _m, { users, devices }) => devices ? this.claimDevices(devices) : this.claim([...users, ...(this.recorder ? [this.recorder.user] : [])])],
    ["GET", /^\/users\/([^/]+)\/log\?after=(\d+)$/, (_d, [, user = "", after]) => ({
      items: (this.accounts.get(user)?.log ?? []).filter(({ n }) => n > Number(after)).map(({ n, body, sig }) => ({ n, body: toBase64(body), sig: toBase64(sig) })),
    })],
    ["POST", /^\/log$/, (device, _m, { body, sig }) => this.#appendLog(device, fromBase64(body), fromBase64(sig))],
    ["GET", /^\/devices$/, ({ user }) => this.#devicesOf(user)],
    ["GET", /^\/users\/([^/]+)\/devices$/, (_d, [, user = ""]) => this.#devicesOf(user)],
    ["POST", /^\/mail$/, (device, _m, { to, body }) => {
      const target = this.devices.get(to) ?? refuse(404, "not_found");
      target.mail.push({ id: crypto.randomUUID(), from: device.id, body: fromBase64(body) });
      target.hear?.({ t: "mail" });
    }],
    ["GET", /^\/mail(?:\?after=(.*))?$/, (device, [, after]) => {
      const from = device.mail.findIndex(({ id }) => id === after) + 1;
      return { items: device.mail.slice(from, from + 20).map(({ id, from: sender, body }) => ({ id, from: sender, body: toBase64(body) })) };
    }],
    ["DELETE", /^\/mail\/(.*)$/, (device, [, id]) => void (device.mail = device.mail.filter((one) => one.id !== id))],
    ["POST", /^\/faults$/, (device, _m, { items }) => void this.faults.push(...items.map((one) => ({ device: device.id, ...one })))],
    ["POST", /^\/faults\/repaired$/, (device, _m, { items }) => void this.repaired.push(...items.map((one) => ({ device: device.id, ...one })))],
    ["GET", /^\/backup$/, ({ user }) => ({ chunks: [...(this.accounts.get(user)?.backup.keys() ?? [])] })],
    ["GET", /^\/backup\/(\d+)$/, ({ user }, [, n]) => ({ body: toBase64(this.accounts.get(user)?.backup.get(Number(n)) ?? refuse(404, "not_found")) })],
    ["PUT", /^\/backup\/(\d+)$/, ({ user }, [, n], { body }) => void this.accounts.get(user)?.backup.set(Number(n), fromBase64(body))],
    ["DELETE", /^\/backup$/, ({ user }) => this.accounts.get(user)?.backup.clear()],
  ];

  claim(users: readonly string[]): { items: { user: string; device: string; package: string }[]; without: string[] } {
    const devices = [...this.devices.values()].filter(({ user }) => users.includes(user));
    const items = devices.flatMap((device) => {
      const found = device.packages.shift() ?? device.lastResort;
      return found ? [{ user: device.user, device: device.id, package: toBase64(found) }] : [];
    });
    return { items, without: users.filter((user) => !items.some((one) => one.user === user)) };
  }

  claimDevices(ids: readonly string[]): { items: { user: string; device: string; package: string }[]; without: string[] } {
    const items = ids.flatMap((id) => {
      const device = this.devices.get(id);
      const found = device?.packages.shift() ?? device?.lastResort;
      return device && found ? [{ user: device.user, device: id, package: toBase64(found) }] : [];
    });
    return { items, without: [] };
  }

  #info(room: HubRoom, device: HubDevice): object {
    const other = room.kind === "direct" ? [...room.members.keys()].find((user) => user !== device.user && user !== this.recorder?.user) : undefined;
    return {
      id: room.id, kind: room.kind, name: "", last_seq: room.items.length, epoch: room.epoch, role: room.members.get(device.user)?.role, muted: room.muted.has(device.user),
      read_seq: room.read.get(device.user) ?? 0, members: room.members.size, ...(other ? { peer: { id: other, name: this.accounts.get(other)?.name } } : {}),
      ...(room.alert ? { alert: room.alert } : {}), at: room.items.at(-1)?.at,
    };
  }

  async #create(device: HubDevice, { id, kind, members, alert, commit, welcome }: Body): Promise<void> {
    const pair = [device.user, ...members];
    const same = [...this.rooms.values()].find((one) => (kind === "direct" && one.kind === "direct" && pair.every((user) => one.members.has(user))) || (alert && one.alert === alert));
    if (same) refuse(409, "exists", same.id);
    const at = new Date().toISOString();
    const room: HubRoom = { id, kind, alert, members: new Map(), items: [], read: new Map(), muted: new Set(), epoch: 0, changedLast: false, spans: new Map(), welcomes: new Map(), rejoin: new Map() };
    for (const user of [...pair, ...(this.recorder ? [this.recorder.user] : [])]) room.members.set(user, { role: user === device.user ? "owner" : "member", since: at });
    this.rooms.set(id, room);
    await this.commit(room, device, commit.id, fromBase64(commit.body), welcome ? fromBase64(welcome) : null);
    this.line(room, device.user, "created", members);
    for (const user of pair) this.tell(user, { t: "rooms" });
  }

  #appendLog(device: HubDevice, body: Bytes, sig: Bytes): { n: number } {
    const log = this.accounts.get(device.user)?.log ?? refuse(404, "not_found");
    const { n } = JSON.parse(new TextDecoder().decode(body)) as { n: number };
    if (n !== log.length + 1) refuse(409, "log");
    log.push({ n, body, sig });
    for (const user of this.accounts.keys()) this.tell(user, { t: "log", user: device.user });
    this.upkeep();
    return { n };
  }

  /** packagesOf reads what is in a pool, for tests. */
  async packagesOf(device: string): Promise<string[]> {
    const pool = this.devices.get(device)?.packages ?? [];
    return (await Promise.all(pool.map(readKeyPackage))).map(({ ref }) => ref);
  }
}
