import type { About, Conversation, Kept, Row, Waiting } from "../chat/records.ts";
import type { LogState } from "../identity/log.ts";
import { decodeGroup, encodeGroup } from "../mls/group.ts";
import { concat, utf8, type Bytes } from "../seal/bytes.ts";
import type { Database, MessageRecord, OutboxRecord, PackageRecord, Sealed } from "./schema.ts";
import type { Vault } from "./vault.ts";

/** Change is what is written in one durable transaction: all of it or nothing. */
export interface Change {
  conversations?: readonly Conversation[];
  /** Rooms that never came to be. */
  drop?: readonly string[];
  /** null: there is none any more. */
  groups?: readonly { room: string; kept: Kept | null }[];
  rows?: readonly Row[];
  /** Rooms' urgent messages that this account has now confirmed. */
  confirmed?: readonly { room: string; id: string }[];
  cursors?: readonly { room: string; seq: number }[];
  queue?: readonly Waiting[];
  unqueue?: readonly number[];
  packages?: readonly { ref: string; secret: Bytes; lastResort: boolean; notAfter: number }[];
  usedPackages?: readonly string[];
  logs?: readonly LogState[];
  settings?: Partial<Settings>;
  mails?: readonly string[];
}

/** Settings are single values, each sealed. */
export interface Settings {
  about: About;
  people: unknown;
  standing: unknown;
  /** base64 of the account key's seed. */
  account: string;
  /** Account keys (base64) by user that were compared in person. */
  verified: Record<string, string>;
  handovers: unknown;
  backup: unknown;
}

export interface Tally {
  readonly unread: number;
  readonly urgent: number;
  readonly firstUnread: number | null;
}

const durable = { durability: "strict" } as const;
const stores = ["conversations", "groups", "messages", "cursors", "outbox", "logs", "packages", "settings", "mails"] as const;

const place = {
  conversation: (room: string) => `chat/conversation/${room}`,
  group: (room: string) => `chat/group/${room}`,
  row: (room: string, seq: number) => `chat/message/${room}/${seq}`,
  waiting: (id: string) => `chat/outbox/${id}`,
  log: (user: string) => `chat/log/${user}`,
  package: (ref: string) => `chat/package/${ref}`,
  draft: (room: string) => `chat/draft/${room}`,
  setting: (name: string) => `chat/${name}`,
};

/** ChatShelf keeps conversations in IndexedDB, sealed by the vault. */
export class ChatShelf {
  #database: Database;
  #vault: Vault;
  #me: string;

  constructor(database: Database, vault: Vault, me: string) {
    this.#database = database;
    this.#vault = vault;
    this.#me = me;
  }

  /** commit seals first: a transaction ends by itself while it waits for anything else. */
  async commit(change: Change): Promise<void> {
    const { conversations = [], groups = [], rows = [], queue = [], packages = [], logs = [], settings = {} } = change;
    const sealed = {
      conversations: await this.#sealAll(conversations, ({ room }) => place.conversation(room)),
      groups: await Promise.all(groups.map(async ({ kept, room }) => (kept ? this.#vault.seal(place.group(room), packKept(kept)) : null))),
      rows: await Promise.all(rows.map((row) => this.#sealRow(row))),
      queue: await Promise.all(queue.map((waiting) => this.#sealWaiting(waiting))),
      packages: await Promise.all(packages.map((one) => this.#sealPackage(one))),
      logs: await this.#sealAll(logs, ({ user }) => place.log(user)),
      settings: await Promise.all(Object.entries(settings).map(async ([name, value]) => [name, await this.#json(place.setting(name), value)] as const)),
    };
    const tx = this.#database.transaction(stores, "readwrite", durable);
    const work: Promise<unknown>[] = [];
    const put = (done: Promise<unknown>): void => void work.push(done);
    conversations.forEach(({ room }, i) => put(tx.objectStore("conversations").put(sealed.conversations[i] as Sealed, room)));
    groups.forEach(({ room }, i) => {
      const one = sealed.groups[i];
      put(one ? tx.objectStore("groups").put(one, room) : tx.objectStore("groups").delete(room));
    });
    for (const room of change.drop ?? []) {
      put(tx.objectStore("conversations").delete(room));
      put(tx.objectStore("groups").delete(room));
    }
    for (const row of sealed.rows) put(tx.objectStore("messages").put(row));
    for (const { room, seq } of change.cursors ?? []) put(tx.objectStore("cursors").put(seq, room));
    for (const waiting of sealed.queue) put(tx.objectStore("outbox").put(waiting));
    for (const order of change.unqueue ?? []) put(tx.objectStore("outbox").delete(order));
    for (const one of sealed.packages) put(tx.objectStore("packages").put(one));
    for (const ref of change.usedPackages ?? []) put(tx.objectStore("packages").delete(ref));
    logs.forEach(({ user }, i) => put(tx.objectStore("logs").put(sealed.logs[i] as Sealed, user)));
    for (const [name, value] of sealed.settings) put(tx.objectStore("settings").put(value, place.setting(name)));
    for (const id of change.mails ?? []) put(tx.objectStore("mails").put(Date.now(), id));
    for (const { room, id } of change.confirmed ?? []) put(close(tx.objectStore("messages").index("id"), room, id));
    await Promise.all([...work, tx.done]);
  }

  async conversations(): Promise<Conversation[]> {
    const tx = this.#database.transaction("conversations");
    const [rooms, sealed] = await Promise.all([tx.store.getAllKeys(), tx.store.getAll()]);
    const all = await Promise.all(rooms.map((room, i) => this.#read<Conversation>(place.conversation(room), sealed[i])));
    return all.filter((one) => one !== null);
  }

  async conversation(room: string): Promise<Conversation | null> {
    return this.#read(place.conversation(room), await this.#database.get("conversations", room));
  }

  /** kept is null when there is no group, and "lost" when what is stored cannot be used any more. */
  async kept(room: string): Promise<Kept | "lost" | null> {
    const sealed = await this.#database.get("groups", room);
    if (!sealed) return null;
    try {
      return unpackKept(await this.#vault.open(place.group(room), sealed));
    } catch {
      return "lost";
    }
  }

  groupRooms(): Promise<string[]> {
    return this.#database.getAllKeys("groups");
  }

  async cursor(room: string): Promise<number> {
    return (await this.#database.get("cursors", room)) ?? 0;
  }

  async row(room: string, seq: number): Promise<Row | null> {
    const record = await this.#database.get("messages", [room, seq]);
    return record ? this.openRow(record) : null;
  }

  async rowById(room: string, id: string): Promise<Row | null> {
    const record = await this.#database.getFromIndex("messages", "id", [room, id]);
    return record ? this.openRow(record) : null;
  }

  /** confirms are who has confirmed an urgent message, in order. */
  async confirms(room: string, ref: string): Promise<Row[]> {
    const records = await this.#database.getAllFromIndex("messages", "ref", [room, ref]);
    const rows = await Promise.all(records.map((record) => this.openRow(record)));
    return rows.filter((row) => row !== null).sort((a, b) => a.seq - b.seq);
  }

  /** records gives up to `limit` items from one end of a range of numbers, both included, always in order. */
  async records(room: string, from: number, to: number, limit: number, end: "first" | "last"): Promise<MessageRecord[]> {
    const range = IDBKeyRange.bound([room, from], [room, to]);
    if (end === "first") return this.#database.getAll("messages", range, limit);
    const newest = await this.#database.transaction("messages").store.openKeyCursor(range, "prev");
    return newest ? this.#last(room, from, newest.key[1], limit) : [];
  }

  count(room: string, from: number, to: number): Promise<number> {
    return this.#database.count("messages", IDBKeyRange.bound([room, from], [room, to]));
  }

  // Numbers have few holes, so that one read mostly suffices; a cursor would need one per item.
  async #last(room: string, from: number, top: number, limit: number): Promise<MessageRecord[]> {
    for (let span = limit + 20; ; span *= 4) {
      const low = Math.max(from, top - span + 1);
      const found = await this.#database.getAll("messages", IDBKeyRange.bound([room, low], [room, top]));
      if (found.length >= limit || low === from) return found.slice(-limit);
    }
  }

  async openRow(record: MessageRecord): Promise<Row | null> {
    return this.#read(place.row(record.room, record.seq), record.sealed);
  }

  async tally(room: string, readSeq: number): Promise<Tally> {
    const tx = this.#database.transaction("messages");
    const unread = IDBKeyRange.bound([room, 1, readSeq + 1], [room, 1, Number.MAX_SAFE_INTEGER]);
    const open = IDBKeyRange.bound([room, 1, 0], [room, 1, Number.MAX_SAFE_INTEGER]);
    const [count, urgent, first] = await Promise.all([
      tx.store.index("unread").count(unread),
      tx.store.index("open").count(open),
      tx.store.index("unread").getKey(unread),
    ]);
    return { unread: count, urgent, firstUnread: first?.[1] ?? null };
  }

  /** broken lists what could not be decrypted, in order per room. */
  async broken(): Promise<{ room: string; seq: number }[]> {
    const keys = await this.#database.getAllKeysFromIndex("messages", "broken");
    return keys.map(([room, seq]) => ({ room, seq }));
  }

  /** outbox lists what waits in a room, in order. */
  outbox(room: string): Promise<Waiting[]> {
    return this.#waiting((record) => record.room === room);
  }

  async outboxEntry(id: string): Promise<Waiting | null> {
    return (await this.#waiting((record) => record.id === id))[0] ?? null;
  }

  async outboxRooms(): Promise<string[]> {
    return [...new Set((await this.#database.getAll("outbox")).map(({ room }) => room))];
  }

  async #waiting(which: (record: OutboxRecord) => boolean): Promise<Waiting[]> {
    const records = (await this.#database.getAll("outbox")).filter(which);
    const all = await Promise.all(records.map(async ({ order, id, sealed }) => {
      const waiting = await this.#read<Waiting>(place.waiting(id), sealed);
      return waiting && { ...waiting, order: order as number };
    }));
    return all.filter((one) => one !== null);
  }

  /** enqueue gives a message its place in the order of sending. */
  async enqueue(waiting: Omit<Waiting, "order">): Promise<void> {
    const record = await this.#sealWaiting({ ...waiting, order: 0 });
    delete record.order;
    const tx = this.#database.transaction("outbox", "readwrite", durable);
    await Promise.all([tx.store.add(record), tx.done]);
  }

  async log(user: string): Promise<LogState | null> {
    return this.#read(place.log(user), await this.#database.get("logs", user));
  }

  async logs(): Promise<LogState[]> {
    const users = await this.#database.getAllKeys("logs");
    return (await Promise.all(users.map((user) => this.log(user)))).filter((one) => one !== null);
  }

  async packageSecret(ref: string): Promise<Bytes | null> {
    const record = await this.#database.get("packages", ref);
    return record ? this.#vault.open(place.package(ref), record.sealed).catch(() => null) : null;
  }

  async packages(): Promise<Omit<PackageRecord, "sealed">[]> {
    return (await this.#database.getAll("packages")).map(({ ref, lastResort, notAfter }) => ({ ref, lastResort, notAfter }));
  }

  async drafts(): Promise<Map<string, string>> {
    const rooms = await this.#database.getAllKeys("drafts");
    const found = await Promise.all(rooms.map(async (room) => [room, await this.#read<string>(place.draft(room), await this.#database.get("drafts", room))] as const));
    return new Map(found.filter((one): one is readonly [string, string] => one[1] !== null));
  }

  async setDraft(room: string, text: string): Promise<void> {
    if (!text) return this.#database.delete("drafts", room);
    await this.#database.put("drafts", await this.#json(place.draft(room), text), room);
  }

  async setting<Name extends keyof Settings>(name: Name): Promise<Settings[Name] | null> {
    const sealed = await this.#database.get("settings", place.setting(name));
    return this.#read(place.setting(name), sealed as Sealed | undefined);
  }

  async dropSetting(name: keyof Settings): Promise<void> {
    await this.#database.delete("settings", place.setting(name));
  }

  async mailSeen(id: string): Promise<boolean> {
    return (await this.#database.get("mails", id)) !== undefined;
  }

  #json(at: string, value: unknown): Promise<Sealed> {
    return this.#vault.seal(at, utf8(JSON.stringify(value)));
  }

  #sealAll<T>(all: readonly T[], at: (one: T) => string): Promise<Sealed[]> {
    return Promise.all(all.map((one) => this.#json(at(one), one)));
  }

  async #sealRow(row: Row): Promise<MessageRecord> {
    const { room, seq, id, what } = row;
    const record: MessageRecord = { room, seq, id, sealed: await this.#json(place.row(room, seq), row) };
    const theirs = row.user !== this.#me;
    if (what.kind === "confirm") record.ref = what.ref;
    if (what.kind === "broken") record.broken = 1;
    if (theirs && (what.kind === "text" || what.kind === "broken")) record.unread = 1;
    if (theirs && what.kind === "text" && what.prio === 2 && !(await this.#confirmedByMe(room, id))) record.open = 1;
    return record;
  }

  async #confirmedByMe(room: string, id: string): Promise<boolean> {
    return (await this.confirms(room, id)).some(({ user }) => user === this.#me);
  }

  async #sealWaiting(waiting: Waiting): Promise<OutboxRecord> {
    const { order, room, id } = waiting;
    return { order, room, id, sealed: await this.#json(place.waiting(id), waiting) };
  }

  async #sealPackage({ ref, secret, lastResort, notAfter }: NonNullable<Change["packages"]>[number]): Promise<PackageRecord> {
    return { ref, lastResort, notAfter, sealed: await this.#vault.seal(place.package(ref), secret) };
  }

  // A record this browser itself can no longer read counts as not there.
  async #read<T>(at: string, sealed: Sealed | undefined): Promise<T | null> {
    if (!sealed) return null;
    try {
      return JSON.parse(new TextDecoder().decode(await this.#vault.open(at, sealed))) as T;
    } catch {
      return null;
    }
  }
}

interface OpenMark {
  get(key: [string, string]): Promise<MessageRecord | undefined>;
  objectStore: { put(record: MessageRecord): Promise<unknown> };
}

async function close(byId: OpenMark, room: string, id: string): Promise<void> {
  const record = await byId.get([room, id]);
  if (!record?.open) return;
  const { open: _open, ...closed } = record;
  await byId.objectStore.put(closed);
}

// In one record, so that a group can never be read with another time's guard.
function packKept({ group, ...more }: Kept): Bytes {
  const json = utf8(JSON.stringify(more));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, json.length);
  return concat(length, json, encodeGroup(group));
}

function unpackKept(bytes: Bytes): Kept {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const more = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as Omit<Kept, "group">;
  return { ...more, group: decodeGroup(bytes.slice(4 + length)) };
}
