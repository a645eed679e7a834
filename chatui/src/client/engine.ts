import { ActSender } from "../alerts/actSender.ts";
import { ChatClient, startChatWorker } from "../chat/chatClient.ts";
import { holdVisible } from "../chat/notices.ts";
import { SealClient, startSealWorker } from "../seal/client.ts";
import { IndexedShelf } from "../store/indexedShelf.ts";
import { emptyDatabase, openDatabase, type Act, type Database, type DeviceRecord } from "../store/schema.ts";
import { openVault } from "../store/vault.ts";
import { systemClock } from "../stream/clock.ts";
import type { Item } from "../stream/item.ts";
import { lead } from "../stream/leader.ts";
import { Stream, type StreamState } from "../stream/stream.ts";
import { joinTabs, type Tabs } from "../stream/tabs.ts";
import { Board } from "./board.ts";
import { follow } from "./follow.ts";
import { onWakeUp } from "./wakeUp.ts";
import { awaitDevice, deviceName } from "./device.ts";
import { Door, type DoorState } from "./door.ts";
import * as hub from "./hub.ts";
import { openItems } from "./opener.ts";
import { probing } from "./rebind.ts";
import { connect } from "./socket.ts";
import { talkTo } from "./talk.ts";

interface Hooks {
  /** Who is on duty has changed. */
  duty(): void;
  /** The stream ended for good. */
  ended(state: StreamState): void;
}

/**
 * Engine is the chat client of one account in one tab, without its screens. Of
 * all tabs of an account one owns the stream and sends answers; the others show
 * what it stores.
 */
export class Engine {
  readonly board = new Board();
  readonly chat: ChatClient;
  #user: string;
  #hooks: Hooks;
  #stop = new AbortController();
  #sealer: SealClient = startSealWorker();
  #tabs: Tabs;
  #database: Database | null = null;
  #shelf: IndexedShelf | null = null;
  #stream: Stream | null = null;
  #sender: ActSender | null = null;
  #door = new Door((state) => this.#doorChanged(state));

  constructor(user: string, hooks: Hooks) {
    this.#user = user;
    this.#hooks = hooks;
    this.chat = new ChatClient(user, startChatWorker(), {
      say: (message) => this.#stream?.say(message),
      send: (frame) => this.#stream?.send(frame),
    });
    this.#tabs = joinTabs(`wardline-${user}`, (message) => void follow(this, message));
  }

  async start(): Promise<void> {
    try {
      this.#database = await openDatabase(this.#user);
      this.#shelf = new IndexedShelf(this.#database, await openVault(this.#database));
      await this.#load(this.#shelf);
      holdVisible(this.#user, this.#stop.signal);
      onWakeUp(this.#stop.signal, () => this.nudge());
      this.#tabs.say({ t: "who" });
      await lead(navigator.locks, `wardline-stream-${this.#user}`, this.#stop.signal, () => this.#own());
    } catch (error) {
      if (!this.#stop.signal.aborted) this.board.set({ trouble: error instanceof Error ? error.name : "unknown" });
    }
  }

  stop(): void {
    this.#stop.abort();
    this.#stream?.stop();
    this.#sender?.stop();
    this.#tabs.close();
    this.#sealer.close();
    this.chat.close();
    this.#database?.close();
  }

  /** press records an answer durably and sends it; it shows as not sent until the hub has spoken. */
  async press(alert: string, act: Act): Promise<void> {
    this.board.pressed(alert);
    await this.#shelf?.putAct({ alert, act, at: Date.now(), stale: false });
    await this.#actsChanged();
    this.#tabs.say({ t: "queue" });
    this.sendActs();
  }

  sendActs(): void {
    this.#sender?.wake();
  }

  seen(alert: string): void {
    if (this.#stream) this.#stream.seen(alert);
    else this.#tabs.say({ t: "seen", alert });
  }

  nudge(): void {
    if (this.#stream) this.#stream.nudge();
    else this.#tabs.say({ t: "nudge" });
    this.#sender?.wake();
  }

  /** knock tries a device code where this browser is kept out; an empty one asks again for approval. */
  knock(code: string): void {
    if (this.#door.state) this.#door.knock(code);
    else this.#tabs.say({ t: "knock", code });
  }

  /** Another tab has knocked; only the one at the door hears it. */
  knocked(code: string): void {
    this.#door.knock(code);
  }

  /** reload reads again what another tab has stored. */
  async reload(what: { cards: readonly string[] } | "acts" | "broken"): Promise<void> {
    if (!this.#shelf) return;
    if (what === "acts") return this.#actsChanged();
    if (what === "broken") return this.#brokenChanged();
    const shelf = this.#shelf;
    const found = await Promise.all(what.cards.map((alert) => shelf.card(alert)));
    this.board.putCards(found.filter((card) => card !== null));
    await this.#brokenChanged();
  }

  /** introduce tells a new tab how things stand, if this one owns the stream. */
  introduce(): void {
    if (this.#door.state) this.#tabs.say({ t: "door", door: this.#door.state });
    const { device, clockOffset, rooms, stream } = this.board.state;
    if (!this.#stream || !device || !stream) return;
    this.#tabs.say({ t: "owner", device, clockOffset });
    this.#tabs.say({ t: "rooms", rooms: [...rooms] });
    this.#tabs.say({ t: "stream", state: stream });
  }

  /** revokeSelf tells the hub that this browser will not be back. */
  async revokeSelf(): Promise<void> {
    const { device } = this.board.state;
    if (device) await hub.revokeDevice(device.id).catch(() => undefined);
  }

  get owns(): boolean {
    return this.#stream !== null;
  }

  /** Another tab has heard that duty has changed. */
  dutyElsewhere(): void {
    this.#hooks.duty();
  }

  /** quieten stops the sound of an item that does not open; it stays on screen. */
  async quieten(room: string, seq: number): Promise<void> {
    await this.#shelf?.quieten(room, seq);
    await this.#brokenChanged();
    this.#tabs.say({ t: "broken" });
  }

  /** repair fetches everything that did not open once more. Returns how many still do not. */
  async repair(): Promise<number> {
    const fetched = await Promise.all(
      this.board.state.broken.map(({ room, seq }) => hub.fetchItem(room, seq).catch(() => null)),
    );
    const items = fetched.filter((item) => item !== null);
    if (items.length > 0) await this.#sealer.load(this.#user).then(() => this.#keep(items));
    return this.board.state.broken.length;
  }

  async #load(shelf: IndexedShelf): Promise<void> {
    const [cards, broken, acts] = await Promise.all([shelf.cards(), shelf.broken(), shelf.acts()]);
    this.board.putCards(cards);
    this.board.putActs(acts);
    this.board.set({ broken, loaded: true });
  }

  /** Runs once this tab owns the stream. */
  async #own(): Promise<void> {
    const device = await this.#device();
    if (!device || this.#stop.signal.aborted) return;
    this.#door.open();
    this.board.set({ device: { id: device.id, name: device.name } });
    this.#sender = this.#newSender();
    this.#stream = this.#newStream(device.id);
    this.chat.lead(device.id, device.name);
    this.#stream.start();
  }

  #device(): Promise<DeviceRecord | null> {
    return awaitDevice({
      database: this.#database as Database,
      sealer: this.#sealer,
      registry: { register: hub.registerDevice, attach: hub.attachDevice },
      door: this.#door,
      user: this.#user,
      name: deviceName(navigator.userAgent),
      // Every tab has read it already: only a new page knows nothing of it.
      revoked: async () => {
        await emptyDatabase(this.#database as Database);
        location.reload();
        await new Promise(() => undefined);
      },
      signal: this.#stop.signal,
      failed: () => this.#streamChanged({ phase: "waiting", since: this.board.state.stream?.since ?? Date.now() }),
    });
  }

  #newStream(device: string): Stream {
    const shelf = this.#shelf as IndexedShelf;
    return new Stream({
      device,
      clock: systemClock,
      random: Math.random,
      connect,
      cursors: () => shelf.cursors(),
      keep: (items) => this.#keep(items),
      talk: talkTo(this.chat),
      garbled: () => this.board.set({ garbled: this.board.state.garbled + 1 }),
      probe: probing(device, () => this.board.state.stream?.phase === "live"),
      changed: (state) => this.#streamChanged(state),
      welcomed: (rooms, serverTime) => {
        const hubTime = Date.parse(serverTime);
        if (!Number.isNaN(hubTime)) this.board.set({ clockOffset: hubTime - Date.now() });
        this.#roomsChanged(rooms);
      },
      hinted: (what) => (what === "duty" ? this.#dutyChanged() : this.#roomsHint()),
    });
  }

  #newSender(): ActSender {
    return new ActSender({
      shelf: this.#shelf as IndexedShelf,
      clock: systemClock,
      random: Math.random,
      post: hub.postAct,
      changed: () => {
        this.#tabs.say({ t: "queue" });
        void this.#actsChanged();
      },
      outcome: (outcome) => {
        this.board.confirm(outcome);
        this.#tabs.say({ t: "outcome", outcome });
      },
    });
  }

  async #keep(items: readonly Item[]): Promise<void> {
    const opened = await openItems(this.#sealer, items, Date.now() + this.board.state.clockOffset);
    await (this.#shelf as IndexedShelf).keep(opened);
    const cards = opened.filter((one) => "card" in one);
    this.board.putCards(cards);
    await this.#brokenChanged();
    this.#tabs.say({ t: "stored", alerts: cards.map(({ card }) => card.alert_id) });
  }

  #streamChanged(state: StreamState): void {
    this.board.set({ stream: state });
    this.#tabs.say({ t: "stream", state });
    if (state.phase === "ended") this.#hooks.ended(state);
    if (state.phase !== "live") return;
    this.#sender?.wake();
    if (this.board.state.broken.length > 0) void this.repair();
  }

  #doorChanged(door: DoorState | null): void {
    this.board.set({ door });
    this.#tabs.say({ t: "door", door });
  }

  #roomsChanged(rooms: Parameters<Board["set"]>[0]["rooms"] & object): void {
    this.board.set({ rooms });
    this.#tabs.say({ t: "rooms", rooms: [...rooms] });
  }

  #roomsHint(): void {
    this.chat.heard({ t: "rooms" });
    void hub.fetchRooms().then((rooms) => this.#roomsChanged(rooms));
  }

  #dutyChanged(): void {
    this.#hooks.duty();
    this.#tabs.say({ t: "duty" });
  }

  async #actsChanged(): Promise<void> {
    if (this.#shelf) this.board.putActs(await this.#shelf.acts());
  }

  async #brokenChanged(): Promise<void> {
    if (this.#shelf) this.board.set({ broken: await this.#shelf.broken() });
  }
}
