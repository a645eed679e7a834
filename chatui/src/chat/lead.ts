import type { Item } from "../stream/item.ts";
import type { ServerMessage } from "../stream/messages.ts";
import { Backups } from "./backups.ts";
import { quietly, type Desk } from "./desk.ts";
import { Groups } from "./groups.ts";
import { History } from "./history.ts";
import { Joining } from "./joining.ts";
import { Keeper } from "./keeper.ts";
import { Linking } from "./linking.ts";
import type { Warning } from "./model.ts";
import { Outbox } from "./outbox.ts";
import { PackagePool } from "./packagePool.ts";
import { Postbox } from "./postbox.ts";
import type { RemoteActions } from "./protocol.ts";
import { Reading } from "./reading.ts";
import type { Outgoing, Standing } from "./records.ts";
import { Receiver, type Stored } from "./receiver.ts";
import { Repair } from "./repair.ts";
import { Rooms } from "./rooms.ts";
import { Trust } from "./trust.ts";

interface Hooks {
  standing(standing: Standing): void;
  receipts(room: string): void;
}

/** What every tab does by itself, since only the store is needed. */
export type LeadActions = Omit<RemoteActions, "send" | "retry" | "discard" | "confirm" | "setDraft"> & { watch(room: string): Promise<void> };

const upkeepEvery = 60_000;
const lookEvery = 10_000;
const doubtEvery = 30 * 60_000;
const retryStart = 5_000;
/** A room without a group may still get its Welcome out of the backlog, or from the recorder: it is left alone for one look. */
const joinPatience = 8_000;

/** Lead is the chat of the tab that owns the stream: all parts that advance something. */
export class Lead {
  #desk: Desk;
  #groups: Groups;
  #outbox: Outbox;
  #joining: Joining;
  #keeper: Keeper;
  #rooms: Rooms;
  #reading: Reading;
  #receiver: Receiver;
  #pool: PackagePool;
  #postbox: Postbox;
  #linking: Linking;
  #history: History;
  #repair: Repair;
  #backups: Backups;
  #trust: Trust;
  #cancels = new Set<() => void>();
  #stopped = false;
  /** Rooms without a group at the last look. */
  #outside = new Set<string>();

  constructor(desk: Desk, hooks: Hooks) {
    this.#desk = desk;
    this.#groups = new Groups(desk.book.shelf);
    this.#outbox = new Outbox(desk, this.#groups, (room) => quietly(this.#lostGroup(room)));
    this.#joining = new Joining(desk);
    const inRooms = { groups: this.#groups, post: (room: string, what: Outgoing) => this.post(room, what) };
    this.#rooms = new Rooms(desk, inRooms);
    this.#keeper = new Keeper(desk, inRooms);
    this.#reading = new Reading(desk, this.#rooms, hooks.receipts);
    this.#pool = new PackagePool(desk);
    this.#postbox = new Postbox(desk);
    this.#history = new History(desk, this.#postbox);
    this.#repair = new Repair(desk, this.#postbox);
    this.#trust = new Trust(desk);
    this.#linking = new Linking(desk, {
      postbox: this.#postbox,
      welcome: (device) => this.#history.give(device),
      certified: () => this.#certified(),
      changed: hooks.standing,
    });
    this.#backups = new Backups(desk, (seed) => this.#linking.adopt(seed));
    this.#receiver = new Receiver(desk, {
      groups: this.#groups,
      joining: this.#joining,
      outbox: this.#outbox,
      introduce: () => this.#rooms.refresh(),
      stored: (done) => this.#stored(done),
    });
  }

  async start(): Promise<void> {
    await this.#desk.logs.load();
    this.#linking.resume(await this.#desk.book.shelf.setting("standing"));
    quietly(this.#settle());
  }

  stop(): void {
    this.#stopped = true;
    this.#outbox.stop();
    for (const part of [this.#joining, this.#history, this.#repair, this.#backups]) part.stop();
    for (const cancel of this.#cancels) cancel();
  }

  keep(items: readonly Item[]): Promise<void> {
    return this.#receiver.keep(items);
  }

  live(live: boolean): void {
    this.#outbox.live(live);
    this.#reading.live(live);
    if (!live) return;
    this.#desk.logs.doubt(null);
    quietly(this.#catchUp());
  }

  heard(message: ServerMessage): void {
    switch (message.t) {
      case "sent":
      case "refused":
        return quietly(this.#outbox.heard(message));
      case "read":
        return quietly(this.#reading.readElsewhere(message));
      case "receipts":
        return this.#reading.receipts(message);
      case "mail":
        return quietly(this.#postbox.collect());
      case "packages":
        return quietly(this.#pool.fill());
      case "log":
        return quietly(this.#logChanged(message.user));
      case "rooms":
        return quietly(this.#refreshRooms());
    }
  }

  /** outboxChanged: some tab has put, retried or discarded something. */
  outboxChanged(room: string): void {
    this.#outbox.wake(room);
  }

  async post(room: string, what: Outgoing): Promise<void> {
    const at = new Date(this.#desk.clock.now()).toISOString();
    await this.#desk.book.shelf.enqueue({ room, id: crypto.randomUUID(), at, what, sealed: null, fault: null });
    this.#outbox.wake(room);
  }

  readonly actions: LeadActions = {
    search: async (query) => {
      const found = await this.#desk.hub.search(query);
      await this.#desk.book.meet(found.map(({ id, name, recorder }) => ({ user: id, name, recorder })));
      return found;
    },
    openDirect: (user) => this.#rooms.openDirect(user),
    openGroup: (title, users, alert) => this.#rooms.openGroup(title, users, alert),
    markRead: (room, seq) => this.#reading.markRead(room, seq),
    rename: (room, title) => this.#rooms.rename(room, title),
    members: (room) => this.#rooms.members(room),
    addMembers: (room, users) => this.#rooms.addMembers(room, users),
    removeMember: (room, user) => this.#rooms.removeMember(room, user),
    setRole: (room, user, role) => this.#rooms.setRole(room, user, role),
    leave: (room) => this.#rooms.leave(room),
    mute: (room, muted) => this.#rooms.mute(room, muted),
    receipts: (room, seq) => this.#desk.hub.itemReceipts(room, seq),
    acknowledge: (room, warning) => this.#acknowledge(room, warning),
    safetyNumber: (user) => this.#trust.number(user),
    setVerified: (user, verified) => this.#trust.set(user, verified),
    checkSafetyQr: (user, qr) => this.#trust.check(user, qr),
    linkDevice: (text) => this.#linking.linkDevice(text),
    offerLink: () => this.#linking.offerLink(),
    takeOffer: (qr) => this.#linking.takeOffer(qr),
    recover: (code) => this.#backups.recover(code),
    startOver: () => this.#linking.startOver(),
    makeBackup: async () => this.#backups.make(await this.#linking.seed()),
    dropBackup: () => this.#backups.drop(),
    hasBackup: () => this.#backups.has(),
    watch: (room) => this.#reading.watch(room),
  };

  // Until the hub has been heard once, nothing is known of this device's standing.
  async #settle(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#linking.check();
        await this.#refreshRooms();
        break;
      } catch {
        await new Promise<void>((resolve) => this.#after(retryStart, resolve));
      }
    }
    this.#every(upkeepEvery, () => this.#linking.waiting());
    this.#every(upkeepEvery, async () => this.#joinMissing());
    this.#every(lookEvery, () => this.#keeper.look());
    this.#every(doubtEvery, async () => this.#keeper.doubt());
  }

  #every(ms: number, run: () => Promise<unknown> | undefined): void {
    this.#after(ms, () => {
      quietly(run());
      this.#every(ms, run);
    });
  }

  #certified(): void {
    quietly(this.#pool.fill());
    quietly(this.#postbox.collect().then(() => this.#repair.start()));
    quietly(this.#history.resume());
  }

  async #catchUp(): Promise<void> {
    await this.#refreshRooms();
    // What the hub's list says was read here and there, now that the list is known.
    this.#reading.resend();
    await this.#linking.check().catch(() => undefined);
    quietly(this.#postbox.collect());
    this.#outside.clear();
    this.#joinMissing();
    this.#after(joinPatience, () => this.#joinMissing());
    quietly(this.#findLost());
  }

  #joinMissing(): void {
    if (!this.#linking.isCertified) return;
    const outside = [...this.#desk.book.conversations.values()].filter(({ state, creating }) => state === "joining" && !creating).map(({ room }) => room);
    for (const room of outside) if (this.#outside.has(room)) this.#joining.rejoin(room, "state_lost");
    this.#outside = new Set(outside);
  }

  // A group that is gone is found before anybody writes in its room.
  async #findLost(): Promise<void> {
    const kept = new Set(await this.#desk.book.shelf.groupRooms());
    for (const { room, state, creating } of this.#desk.book.conversations.values()) {
      if (state === "ready" && !creating && !kept.has(room)) await this.#desk.rooms.run(room, () => this.#checkGroup(room));
    }
  }

  async #checkGroup(room: string): Promise<void> {
    const kept = await this.#groups.get(room);
    if (kept === null || kept === "lost") await this.#lostGroup(room);
  }

  async #refreshRooms(): Promise<void> {
    await this.#rooms.refresh().catch(() => undefined);
    for (const { room } of this.#desk.book.conversations.values()) this.#outbox.wake(room);
  }

  async #lostGroup(room: string): Promise<void> {
    await this.#desk.book.patch(room, (before) => (before.state === "ready" ? { ...before, state: "joining" } : before));
    this.#joining.rejoin(room, "state_lost");
  }

  async #logChanged(user: string): Promise<void> {
    const { logs, me } = this.#desk;
    logs.doubt(user);
    if (user === me.user) await this.#linking.check().catch(() => undefined);
    else if (logs.known(user)) await logs.refresh(user).catch(() => null);
  }

  #stored({ room, rows, members, lastResort, joined }: Stored): void {
    const { book, line, me } = this.#desk;
    quietly(this.#repair.noticed(rows));
    if (joined !== null) quietly(this.#repair.missed(room, joined));
    if (members) quietly(this.#rooms.members(room));
    if (lastResort) quietly(this.#pool.fill(true));
    if (rows.length > 0) this.#backups.touched();
    const conversation = book.get(room);
    const news = rows.filter(({ seq, user, what }) => what.kind === "text" && user !== me.user && seq > (conversation?.readSeq ?? 0));
    if (news.length === 0 || conversation?.muted) return;
    line.notice({ room, urgent: news.some(({ what }) => what.kind === "text" && what.prio === 2) });
  }

  async #acknowledge(room: string, warning: Warning): Promise<void> {
    if (warning.kind === "frozen") return;
    const same = JSON.stringify(warning);
    await this.#desk.book.patch(room, (before) => ({ ...before, warnings: before.warnings.filter((one) => JSON.stringify(one) !== same) }));
  }

  #after(ms: number, run: () => void): void {
    const cancel = this.#desk.clock.after(ms, () => {
      this.#cancels.delete(cancel);
      run();
    });
    this.#cancels.add(cancel);
  }
}

