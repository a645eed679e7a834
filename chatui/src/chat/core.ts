import { openDatabase, type Database } from "../store/schema.ts";
import { ChatShelf } from "../store/chatShelf.ts";
import { openVault, type Vault } from "../store/vault.ts";
import type { Clock } from "../stream/clock.ts";
import type { Item } from "../stream/item.ts";
import type { ServerMessage } from "../stream/messages.ts";
import { limits } from "../mls/payload.ts";
import { Book } from "./book.ts";
import { pause, quietly, type Line, type Me } from "./desk.ts";
import type { HubCalls } from "./hubCalls.ts";
import { Lead, type LeadActions } from "./lead.ts";
import { Locks } from "./locks.ts";
import { Logs } from "./logs.ts";
import type { ChatState, Priority, Timeline } from "./model.ts";
import type { Direction, RemoteActions } from "./protocol.ts";
import type { About, Standing, Waiting } from "./records.ts";
import { TabLink, type Channel, type OpenChannel, type Spoken } from "./tabLink.ts";
import { TimelineWindow } from "./timelineWindow.ts";
import { stateOf } from "./views.ts";

export interface CoreOptions {
  readonly user: string;
  readonly hub: HubCalls;
  readonly clock: Clock;
  readonly line: Line;
  readonly channel: OpenChannel;
  random(): number;
  changed(state: ChatState): void;
  timeline(id: number, timeline: Timeline): void;
}

type OwnActions = Pick<RemoteActions, "send" | "retry" | "discard" | "confirm" | "setDraft">;

// Many changes at once are shown together.
const frame = 16;
const retry = 3_000;

/**
 * Core is the chat of one account in one tab. Every tab reads the store and may put
 * into the outbox; what advances anything is done by the tab that leads.
 */
export class Core {
  #options: CoreOptions;
  #book: Book;
  #vault: Vault;
  #database: Database;
  #channel: Channel;
  #link: TabLink;
  #lead: Lead | null = null;
  #leading: Promise<Lead> | null = null;
  #about: About | null = null;
  #standing: Standing = { link: { step: "unknown" }, waiting: [] };
  #windows = new Map<number, TimelineWindow>();
  #dirty = new Set<string>();
  #cancelFrame: (() => void) | null = null;
  #live = false;
  #closed = false;

  private constructor(options: CoreOptions, database: Database, vault: Vault) {
    this.#options = options;
    this.#database = database;
    this.#vault = vault;
    this.#book = new Book(new ChatShelf(database, vault, options.user), ({ rooms }) => {
      this.#channel.say({ t: "changed", rooms });
      this.#touch(rooms);
    });
    this.#channel = options.channel((spoken) => quietly(this.#heardTab(spoken)));
    this.#link = new TabLink(vault, this.#channel, options.clock);
  }

  static async open(options: CoreOptions): Promise<Core> {
    const database = await openDatabase(options.user);
    const core = new Core(options, database, await openVault(database));
    await core.#book.load();
    core.#about = await core.#book.shelf.setting("about");
    core.#standing = ((await core.#book.shelf.setting("standing")) as Standing | null) ?? core.#standing;
    core.#touch([]);
    return core;
  }

  close(): void {
    this.#closed = true;
    this.#lead?.stop();
    this.#cancelFrame?.();
    this.#channel.close();
    this.#database.close();
  }

  /** lead begins to advance things: this tab owns the stream. */
  async lead(device: string, name: string): Promise<void> {
    this.#leading ??= this.#atLast(device, name);
    await this.#leading;
  }

  async keep(items: readonly Item[]): Promise<void> {
    if (!this.#leading) throw new Error("unavailable");
    await (await this.#leading).keep(items);
  }

  heard(message: ServerMessage): void {
    quietly(this.#leading?.then((lead) => lead.heard(message)));
  }

  live(live: boolean): void {
    this.#live = live;
    this.#lead?.live(live);
  }

  call(name: string, args: readonly unknown[]): Promise<unknown> {
    if (name in this.#own) return this.#run(this.#own, name, args);
    if (this.#leading) return this.#leading.then((lead) => this.#run(lead.actions, name, args));
    return this.#link.ask(name, args);
  }

  openTimeline(id: number, room: string): void {
    const around = { me: this.#options.user, recorder: () => this.#about?.recorder ?? null, waiting: (one: string) => this.#waiting(one) };
    const made = new TimelineWindow(this.#book, room, around, (timeline) => this.#options.timeline(id, timeline));
    this.#windows.set(id, made);
    quietly(made.open());
    quietly(this.call("watch", [room]));
  }

  async move(id: number, to: Direction): Promise<void> {
    await this.#windows.get(id)?.move(to);
  }

  closeTimeline(id: number): void {
    this.#windows.get(id)?.close();
    this.#windows.delete(id);
    if (this.#windows.size === 0) quietly(this.call("watch", [""]));
  }

  readonly #own: OwnActions = {
    send: (room, text, prio) => this.#send(room, text, prio),
    confirm: (room, id) => this.#confirm(room, id),
    retry: (room, id) => this.#change(room, id, (waiting) => ({ queue: [{ ...waiting, fault: null, sealed: null }] })),
    discard: (room, id) => this.#change(room, id, ({ order }) => ({ unqueue: [order] })),
    setDraft: (room, text) => this.#book.setDraft(room, text),
  };

  async #send(room: string, text: string, prio: Priority): Promise<void> {
    if (!text.trim()) throw new Error("empty");
    if (text.length > limits.text) throw new Error("too_large");
    await this.#enqueue({ room, what: { kind: "text", text, prio } });
  }

  // Pressed twice, it is sent once.
  async #confirm(room: string, id: string): Promise<void> {
    const { shelf } = this.#book;
    const done = (await shelf.confirms(room, id)).some(({ user }) => user === this.#options.user);
    const waits = (await this.#waiting(room)).some(({ what }) => what.kind === "confirm" && what.ref === id);
    if (!done && !waits) await this.#enqueue({ room, what: { kind: "confirm", ref: id } });
  }

  async #enqueue({ room, what }: Pick<Waiting, "room" | "what">): Promise<void> {
    const at = new Date(this.#options.clock.now()).toISOString();
    await this.#book.shelf.enqueue({ room, id: crypto.randomUUID(), at, what, sealed: null, fault: null });
    this.#outboxChanged(room);
  }

  // Only what was refused: anything else may be on its way.
  async #change(room: string, id: string, change: (waiting: Waiting) => Parameters<Book["save"]>[0]): Promise<void> {
    const waiting = (await this.#waiting(room)).find((one) => one.id === id);
    if (!waiting?.fault) return;
    await this.#book.save(change(waiting));
    this.#outboxChanged(room);
  }

  #outboxChanged(room: string): void {
    this.#channel.say({ t: "changed", rooms: [room] });
    if (this.#lead) this.#lead.outboxChanged(room);
    else this.#channel.say({ t: "outbox", room });
    this.#touch([room]);
  }

  #waiting(room: string): Promise<Waiting[]> {
    return this.#book.shelf.outbox(room);
  }

  async #atLast(device: string, name: string): Promise<Lead> {
    for (;;) {
      try {
        return await this.#begin(device, name);
      } catch (error) {
        if (this.#closed) throw error;
        await pause(this.#options.clock, retry);
      }
    }
  }

  async #begin(device: string, name: string): Promise<Lead> {
    const { hub, clock, line, random } = this.#options;
    // What the tab that led before has written last.
    await this.#book.load();
    const about = await this.#learn();
    const me = await this.#me(about.clinic, device, name);
    const desk = { me, about, book: this.#book, hub, line, clock, random, rooms: new Locks(), logs: new Logs(this.#book, hub, me) };
    const lead = new Lead(desk, {
      standing: (standing) => quietly(this.#stand(standing)),
      receipts: (room) => this.#channel.say({ t: "receipts", room, items: this.#book.get(room)?.receipts ?? [] }),
    });
    await lead.start();
    this.#lead = lead;
    lead.live(this.#live);
    this.#channel.say({ t: "leads" });
    this.#link.adopt((asked, args) => this.call(asked, args));
    return lead;
  }

  // Without the hub, what is known from an earlier start is enough to begin with.
  async #learn(): Promise<About> {
    const known = this.#about ?? (await this.#book.shelf.setting("about"));
    const about = await this.#options.hub.about().catch((error: unknown) => {
      if (!known) throw error;
      return known;
    });
    this.#about = about;
    await this.#book.save({ settings: { about } });
    return about;
  }

  async #me(clinic: string, device: string, name: string): Promise<Me> {
    const record = await this.#database.get("device", "device");
    if (!record || record.id !== device) throw new Error("device");
    const [signPrivate, kemPrivate] = await Promise.all([
      this.#vault.open("device/sign", record.signPrivate),
      this.#vault.open("device/kem", record.kemPrivate),
    ]);
    return { clinic, user: this.#options.user, device, name, sign: record.signPublic, signPrivate, kem: record.kemPublic, kemPrivate };
  }

  async #stand(standing: Standing): Promise<void> {
    this.#standing = standing;
    this.#touch([]);
    await this.#book.save({ settings: { standing } });
    this.#channel.say({ t: "standing" });
  }

  async #heardTab(spoken: Spoken): Promise<void> {
    switch (spoken.t) {
      case "changed":
        await this.#book.reloadDrafts();
        if (!this.#leading) await this.#book.reload(spoken.rooms);
        return this.#touch(spoken.rooms);
      case "receipts":
        if (!this.#lead) this.#book.noteReceipts(spoken.room, spoken.items);
        return;
      case "outbox":
        return this.#lead?.outboxChanged(spoken.room);
      case "standing":
        this.#standing = ((await this.#book.shelf.setting("standing")) as Standing | null) ?? this.#standing;
        this.#about = (await this.#book.shelf.setting("about")) ?? this.#about;
        return this.#touch([]);
      case "leads":
        return this.#link.again();
      case "ask":
        if (this.#lead) await this.#link.answer(spoken.id, spoken.sealed, (name, args) => this.call(name, args));
        return;
      case "told":
        return this.#link.told(spoken.id, spoken.sealed);
    }
  }

  async #run(actions: OwnActions | LeadActions, name: string, args: readonly unknown[]): Promise<unknown> {
    const action = Object.hasOwn(actions, name) ? (actions as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>)[name] : undefined;
    if (!action) throw new Error("unknown");
    return action(...args);
  }

  #touch(rooms: readonly string[]): void {
    for (const room of rooms) this.#dirty.add(room);
    this.#cancelFrame ??= this.#options.clock.after(frame, () => this.#show());
  }

  #show(): void {
    this.#cancelFrame = null;
    const rooms = new Set(this.#dirty);
    this.#dirty.clear();
    this.#options.changed(stateOf(this.#book, this.#about, this.#standing));
    for (const made of this.#windows.values()) if (rooms.has(made.room)) quietly(made.refresh());
  }
}
