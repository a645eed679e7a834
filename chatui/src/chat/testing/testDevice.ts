import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { sealLetter, type MailKind } from "../../identity/mail.ts";
import { generateKem, generateSign } from "../../seal/keys.ts";
import { openDatabase, type Database, type DeviceRecord } from "../../store/schema.ts";
import { openVault } from "../../store/vault.ts";
import type { Clock } from "../../stream/clock.ts";
import type { Item } from "../../stream/item.ts";
import { Core } from "../core.ts";
import { HubCalls, HubError } from "../hubCalls.ts";
import type { ChatState, Entry, TextEntry, Timeline } from "../model.ts";
import type { Notice, RemoteActions } from "../protocol.ts";
import type { Spoken } from "../tabLink.ts";
import type { HubDevice, MemoryHub } from "./memoryHub.ts";

/** Waiting times pass some thirty times as fast. */
export const quickClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms / 32);
    return () => clearTimeout(timer);
  },
};

/** until waits for a condition, and says what it waited for when it never comes. */
export async function until<T>(what: string, get: () => T | undefined | null | false | Promise<T | undefined | null | false>, within = 30_000): Promise<T> {
  const end = Date.now() + within;
  for (;;) {
    const found = await get();
    if (found) return found;
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

interface Tab {
  core: Core;
  state: ChatState | null;
  heard: (spoken: Spoken) => void;
}

/** TestDevice is one browser: a store, tabs over it, and a socket to the hub in memory. */
export class TestDevice {
  readonly hub: MemoryHub;
  readonly entry: HubDevice;
  readonly factory: IDBFactory;
  readonly database: Database;
  readonly notices: Notice[] = [];
  readonly settled: string[] = [];
  /** Batches fail here, for tests. */
  beforeKeep: (items: readonly Item[]) => void = () => undefined;
  /** Frames are swallowed while it returns true. */
  swallow: (frame: ArrayBuffer) => boolean = () => false;
  /** By tab. */
  states: (ChatState | null)[] = [];
  /** Everything the tabs have said to each other. */
  readonly spoken: Spoken[] = [];
  timelines = new Map<number, Timeline>();
  #tabs: Tab[] = [];
  #online = false;
  #pumping = false;
  #again = false;
  #views = 0;

  private constructor(hub: MemoryHub, entry: HubDevice, factory: IDBFactory, database: Database) {
    this.hub = hub;
    this.entry = entry;
    this.factory = factory;
    this.database = database;
  }

  static async make(hub: MemoryHub, user: string, name = "Chrome"): Promise<TestDevice> {
    const factory = new IDBFactory();
    globalThis.indexedDB = factory;
    const database = await openDatabase(user);
    const vault = await openVault(database);
    const [kem, sign] = await Promise.all([generateKem(), generateSign()]);
    const entry = hub.register(user, name, sign.publicKey, kem.publicKey);
    const keys = {
      kemPublic: kem.publicKey,
      kemPrivate: await vault.seal("device/kem", kem.privateKey),
      signPublic: sign.publicKey,
      signPrivate: await vault.seal("device/sign", sign.privateKey),
    };
    await database.put("device", { id: entry.id, name, hubKeys: {}, ...keys }, "device");
    return new TestDevice(hub, entry, factory, database);
  }

  get state(): ChatState | null {
    return this.states[0] ?? null;
  }

  get id(): string {
    return this.entry.id;
  }

  get user(): string {
    return this.entry.user;
  }

  /** tab opens one more tab; the first one leads. */
  async tab(lead = this.#tabs.length === 0): Promise<Core> {
    globalThis.indexedDB = this.factory;
    const tab: Partial<Tab> = {};
    const core = await Core.open({
      user: this.user,
      hub: new HubCalls(this.hub.askOf(this.entry)),
      clock: quickClock,
      random: Math.random,
      channel: (heard) => {
        tab.heard = heard;
        return { say: (spoken) => this.#say(tab as Tab, spoken), close: () => undefined };
      },
      line: {
        say: (message) => message.t === "read" && this.#online && this.hub.markRead(this.entry, message.room, message.seq),
        send: (frame) => void (this.#online && !this.swallow(frame) && this.hub.send(this.entry, frame)),
        notice: (notice) => this.notices.push(notice),
        settled: (room) => this.settled.push(room),
      },
      changed: (state) => {
        tab.state = state;
        this.states = this.#tabs.map((one) => one.state);
      },
      timeline: (id, timeline) => this.timelines.set(id, timeline),
    });
    this.#tabs.push(Object.assign(tab, { core, state: tab.state ?? null }) as Tab);
    this.states = this.#tabs.map((one) => one.state);
    if (lead) await core.lead(this.id, this.entry.name);
    return core;
  }

  /** start opens a tab and connects. */
  async start(): Promise<this> {
    await this.tab();
    this.connect();
    await until("the link state", () => this.state?.link.step !== "unknown");
    return this;
  }

  connect(): void {
    this.#online = true;
    this.entry.hear = (message) => this.#lead()?.heard(message);
    this.entry.poke = () => void this.#pump();
    void this.#pump().then(() => this.#online && this.#lead()?.live(true));
  }

  disconnect(): void {
    this.#online = false;
    this.entry.hear = this.entry.poke = null;
    this.#lead()?.live(false);
  }

  /** crash ends all tabs at once; the store stays. */
  crash(): void {
    this.disconnect();
    for (const { core } of this.#tabs) core.close();
    this.#tabs = [];
    this.states = [];
  }

  /** closeLead ends the tab that leads; the next one takes over. */
  async closeLead(): Promise<void> {
    this.disconnect();
    this.#tabs.shift()?.core.close();
    this.states.shift();
    const next = this.#tabs[0];
    if (!next) return;
    await next.core.lead(this.id, this.entry.name);
    this.connect();
  }

  do<Name extends keyof RemoteActions>(name: Name, ...args: Parameters<RemoteActions[Name]>): ReturnType<RemoteActions[Name]> {
    return (this.#lead() as Core).call(name, args) as ReturnType<RemoteActions[Name]>;
  }

  /** give hands items to the client once more, past the cursor. */
  give(items: readonly Item[]): Promise<void> {
    return (this.#lead() as Core).keep(items);
  }

  /** mail sends a letter no screen could send. */
  async mail(to: TestDevice, kind: MailKind, body: unknown): Promise<void> {
    const vault = await openVault(this.database);
    const record = await this.database.get("device", "device");
    const signPrivate = await vault.open("device/sign", (record as DeviceRecord).signPrivate);
    const letter = { kind, from: this.id, to: to.id, at: new Date().toISOString(), body };
    to.entry.mail.push({ id: crypto.randomUUID(), from: this.id, body: await sealLetter(letter, signPrivate, to.entry.kem) });
    to.entry.hear?.({ t: "mail" });
  }

  chat(room: string): ChatState["chats"][number] | undefined {
    return this.state?.chats.find(({ id }) => id === room);
  }

  /** entries reads a room's timeline from a window of its own, once. */
  async entries(room: string): Promise<readonly Entry[]> {
    const core = this.#lead() as Core;
    const id = ++this.#views;
    core.openTimeline(id, room);
    const timeline = await until("a timeline", () => this.timelines.get(id));
    core.closeTimeline(id);
    return timeline.entries;
  }

  async texts(room: string): Promise<string[]> {
    return (await this.entries(room)).flatMap((entry) => (entry.kind === "text" ? [entry.text] : entry.kind === "broken" ? [`broken: ${entry.cause}`] : []));
  }

  async text(room: string, text: string): Promise<TextEntry> {
    return until(`"${text}" on ${this.entry.name}`, async () => (await this.entries(room)).find((one): one is TextEntry => one.kind === "text" && one.text === text));
  }

  /** pump brings what is new to the client, as the stream does. */
  async #pump(): Promise<void> {
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#again && this.#online) {
      this.#again = false;
      for (const room of this.hub.rooms.values()) await this.#bring(room.id);
    }
    this.#pumping = false;
  }

  async #bring(id: string): Promise<void> {
    const room = this.hub.rooms.get(id);
    const cursor = await this.database.get("cursors", id).then((found) => found ?? 0);
    const items = room ? this.hub.itemsFor(this.entry, room, cursor) : [];
    if (items.length === 0) return;
    try {
      this.beforeKeep(items);
      await this.#lead()?.keep(items);
    } catch (error) {
      if (!this.#online) return;
      if (!(error instanceof HubError) && (error as Error).message !== "crash") throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
      this.#again = true;
      return;
    }
    if (this.#online) this.hub.acked(this.entry, id, items.at(-1)?.seq ?? 0);
  }

  #lead(): Core | undefined {
    return this.#tabs[0]?.core;
  }

  #say(from: Tab, spoken: Spoken): void {
    const copy = structuredClone(spoken);
    this.spoken.push(copy);
    for (const tab of this.#tabs) if (tab !== from && tab.core !== from.core) setTimeout(() => tab.heard(copy), 0);
  }
}

