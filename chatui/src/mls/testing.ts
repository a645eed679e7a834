import { newAccountKey, type AccountKey } from "../identity/accountKey.ts";
import { addDevice, certificate, resetLog, revokeDevice, startLog, verifyLog, type LogItem, type LogState } from "../identity/log.ts";
import type { Bytes } from "../seal/bytes.ts";
import { generateSign } from "../seal/keys.ts";
import { count, startCounts, type Counts, type CountWarning } from "./counts.ts";
import {
  commit,
  createGroup,
  decodeGroup,
  encodeGroup,
  join,
  openCommit,
  openMessage,
  roster,
  sealMessage,
  type Change,
  type Group,
  type Pending,
} from "./group.ts";
import { judge, noteInfo, startGuard, type Guard } from "./guard.ts";
import type { Certified, Self } from "./leaf.ts";
import { newKeyPackages } from "./packages.ts";
import { encodePayload, newRun, parsePayload, type Payload } from "./payload.ts";

// A hub in memory and devices that use these modules as the chat worker does, for tests.

export const clinic = "0c000000-0000-4000-8000-000000000000";

export interface Item {
  kind: "msg" | "commit";
  id: string;
  user: string;
  device: string;
  body: Bytes;
  welcome: Bytes | null;
}

/** Bureau is everybody's device logs, as an honest hub would give them out. */
export class Bureau {
  readonly logs = new Map<string, LogState>();
  readonly items = new Map<string, LogItem[]>();
  readonly keys = new Map<string, AccountKey>();

  readonly certified: Certified = async (user, device) => {
    const log = this.logs.get(user);
    return log ? certificate(log, device) : null;
  };

  async certify(device: { user: string; device: string; sign: Bytes }): Promise<void> {
    const known = this.logs.get(device.user) ?? null;
    const key = this.keys.get(device.user) ?? (await newAccountKey());
    this.keys.set(device.user, key);
    const fresh = { device: device.device, sign: device.sign, kem: new Uint8Array(1_216) };
    const whose = { clinic, user: device.user };
    await this.#append(whose, known ? await addDevice(known, key, fresh, new Date()) : await startLog(whose, key, fresh, new Date()));
  }

  async revoke(user: string, device: string): Promise<void> {
    const entry = await revokeDevice(this.#log(user), this.#key(user), device, new Date());
    await this.#append({ clinic, user }, entry);
  }

  async reset(device: { user: string; device: string; sign: Bytes }): Promise<void> {
    const key = await newAccountKey();
    this.keys.set(device.user, key);
    const fresh = { device: device.device, sign: device.sign, kem: new Uint8Array(1_216) };
    await this.#append({ clinic, user: device.user }, await resetLog(this.#log(device.user), key, fresh, new Date()));
  }

  #log(user: string): LogState {
    const found = this.logs.get(user);
    if (!found) throw new Error("no log");
    return found;
  }

  #key(user: string): AccountKey {
    const found = this.keys.get(user);
    if (!found) throw new Error("no key");
    return found;
  }

  async #append(whose: { clinic: string; user: string }, item: LogItem): Promise<void> {
    const items = [...(this.items.get(whose.user) ?? []), item];
    const verdict = await verifyLog(null, items, whose);
    if (!verdict.ok) throw new Error(`log: ${verdict.fault}`);
    this.logs.set(whose.user, verdict.state);
    this.items.set(whose.user, items);
  }
}

/** Seen is what a device made of an item. */
export type Seen =
  | { kind: "payload"; payload: Payload; warning: CountWarning | null }
  | { kind: "commit" }
  | { kind: "own" }
  | { kind: "joined" };

export class Refused extends Error {}

/** Client is one device, with the state a browser would have stored. */
export class Client {
  readonly self: Self;
  readonly bureau: Bureau;
  readonly secrets = new Map<string, Bytes>();
  recorder: string | null = null;
  group: Group | null = null;
  guard: Guard | null = null;
  counts: Counts = {};
  pending: { id: string; made: Pending } | null = null;
  #sent = new Map<string, Payload>();
  #run = newRun();
  #n = 0;

  constructor(self: Self, bureau: Bureau) {
    this.self = self;
    this.bureau = bureau;
  }

  async package(lastResort = false): Promise<Bytes> {
    const [made] = await newKeyPackages(this.self, 1, lastResort);
    if (!made) throw new Error("no package");
    this.secrets.set(made.ref, made.secret);
    return made.body;
  }

  get here(): Group {
    if (!this.group) throw new Error("not in the group");
    return this.group;
  }

  async create(room: string, others: readonly Client[]): Promise<Item> {
    const packages = await Promise.all(others.map((one) => one.package()));
    return this.#post(await createGroup(this.self, room, packages, this.bureau.certified));
  }

  async commit(change: Change): Promise<Item> {
    return this.#post(await commit(this.here, change, this.bureau.certified));
  }

  #post(made: Pending): Item {
    const id = crypto.randomUUID();
    this.pending = { id, made };
    return { kind: "commit", id, user: this.self.user, device: this.self.device, body: made.commit, welcome: made.welcome };
  }

  async text(text: string): Promise<Item> {
    return this.send({ kind: "text", run: this.#run, n: ++this.#n, text, prio: 0 });
  }

  async info(title: string, members: readonly string[]): Promise<Item> {
    return this.send({ kind: "info", run: this.#run, n: ++this.#n, title, members });
  }

  async send(payload: Exclude<Payload, { kind: "unknown" }>): Promise<Item> {
    const id = crypto.randomUUID();
    const { group, body } = await sealMessage(this.here, encodePayload(payload), id);
    this.group = this.#stored(group);
    this.#sent.set(id, payload);
    return { kind: "msg", id, user: this.self.user, device: this.self.device, body, welcome: null };
  }

  /** take processes an item as it comes from the hub; what it throws has changed nothing. */
  async take(room: string, item: Item): Promise<Seen> {
    if (item.kind === "msg") return this.#message(room, item);
    if (this.pending?.id === item.id) return this.#won(this.pending.made);
    if (!this.group) return this.#join(room, item);
    const { group, facts } = await openCommit(this.group, item.body, item, this.bureau.certified);
    this.#keep(group, facts);
    return { kind: "commit" };
  }

  #won({ group, facts }: Pending): Seen {
    this.guard ??= startGuard(facts.after, this.recorder, this.self.user);
    if (!this.group) this.counts = {};
    this.#keep(group, facts);
    this.pending = null;
    return { kind: "own" };
  }

  #keep(group: Group, facts: Pending["facts"]): void {
    if (!this.guard) throw new Error("no guard");
    const verdict = judge(this.guard, facts);
    if (!verdict.ok) throw new Refused(verdict.reason);
    this.group = this.#stored(group);
    this.guard = verdict.guard;
  }

  async #join(room: string, { welcome }: Item): Promise<Seen> {
    if (!welcome) throw new Error("no welcome");
    const joined = await join(this.self, room, welcome, async (ref) => this.secrets.get(ref) ?? null, this.bureau.certified);
    if (!joined.lastResort) this.secrets.delete(joined.ref);
    this.group = this.#stored(joined.group);
    this.guard = startGuard(joined.roster, this.recorder, joined.by.user);
    this.counts = startCounts(joined.roster.map(({ device }) => device), joined.group.epoch);
    this.pending = null;
    return { kind: "joined" };
  }

  async #message(room: string, item: Item): Promise<Seen> {
    const own = this.#sent.get(item.id);
    if (own && item.device === this.self.device) {
      this.#note(own, this.self.device);
      return { kind: "own" };
    }
    const { group, payload: bytes, sender } = await openMessage(this.here, item.body, { room, ...item });
    const payload = parsePayload(bytes);
    this.group = this.#stored(group);
    const { counts, warning } = count(this.counts, sender.device, payload.run, payload.n);
    this.counts = counts;
    this.#note(payload, sender.device);
    return { kind: "payload", payload, warning };
  }

  #note(payload: Payload, device: string): void {
    const leaf = roster(this.here).find((one) => one.device === device);
    if (payload.kind === "info" && this.guard && leaf) this.guard = noteInfo(this.guard, payload, leaf).guard;
  }

  // Every state goes through its stored form, as in a browser that is closed at any time.
  #stored(group: Group): Group {
    return decodeGroup(encodeGroup(group));
  }

  lose(): void {
    this.group = null;
    this.guard = null;
    this.#run = newRun();
    this.#n = 0;
  }
}

export async function newClient(bureau: Bureau, user = crypto.randomUUID() as string, certify = true): Promise<Client> {
  const { publicKey, privateKey } = await generateSign();
  const self: Self = { clinic, user, device: crypto.randomUUID(), sign: publicKey, signPrivate: privateKey };
  if (certify) await bureau.certify(self);
  return new Client(self, bureau);
}

/** Room is an honest hub's log of one room, and who reads it. */
export class Room {
  readonly id = crypto.randomUUID() as string;
  readonly items: Item[] = [];
  #clients = new Map<Client, number>();

  /** enter makes a client read from now on. */
  enter(client: Client): void {
    this.#clients.set(client, this.items.length);
  }

  leave(client: Client): void {
    this.#clients.delete(client);
  }

  async put(item: Item): Promise<void> {
    this.items.push(item);
    await this.deliver();
  }

  async deliver(): Promise<void> {
    for (const client of this.#clients.keys()) await this.catchUp(client);
  }

  async catchUp(client: Client): Promise<Seen[]> {
    const seen: Seen[] = [];
    for (const item of this.items.slice(this.#clients.get(client) ?? 0)) {
      seen.push(await client.take(this.id, item));
      this.#clients.set(client, (this.#clients.get(client) ?? 0) + 1);
    }
    return seen;
  }
}

/** founded makes a room of a creator and others, with everybody in it; the recorder, when given, is one of the others. */
export async function founded(creator: Client, others: readonly Client[], recorder: Client | null = null): Promise<Room> {
  const room = new Room();
  for (const client of [creator, ...others]) {
    client.recorder = recorder?.self.user ?? null;
    room.enter(client);
  }
  await room.put(await creator.create(room.id, others));
  return room;
}

/** texts are the texts among what was seen. */
export function texts(seen: readonly Seen[]): string[] {
  return seen.flatMap((one) => (one.kind === "payload" && one.payload.kind === "text" ? [one.payload.text] : []));
}
