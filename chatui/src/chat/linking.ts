import { accountKeyFrom, newAccountKey, type AccountKey } from "../identity/accountKey.ts";
import { checkClaim, claimMac, linkCode, linkQr, matches, newOffer, offerQr, parseScanned, type LinkDevice, type Offer } from "../identity/link.ts";
import { addDevice, resetLog, revokeDevice, startLog, type LogItem, type LogState } from "../identity/log.ts";
import type { Letter } from "../identity/mail.ts";
import { equal, fromBase64, toBase64 } from "../seal/bytes.ts";
import type { Desk } from "./desk.ts";
import { HubError, type DeviceKeys } from "./hubCalls.ts";
import { Locks } from "./locks.ts";
import type { LinkState } from "./model.ts";
import type { Postbox, Sender } from "./postbox.ts";
import type { Standing } from "./records.ts";

interface Parts {
  readonly postbox: Postbox;
  /** An own device was certified by this one: it gets what was said so far. */
  welcome(device: DeviceKeys): Promise<void>;
  /** This device may talk from now on. */
  certified(): void;
  changed(standing: Standing): void;
}

// A person holds two screens next to each other for some minutes, not longer.
const offerLife = 10 * 60_000;

/** Linking is how this browser becomes a device its account vouches for, and vouches for others. */
export class Linking {
  #desk: Desk;
  #parts: Parts;
  #standing: Standing = { link: { step: "unknown" }, waiting: [] };
  #offer: { offer: Offer; until: number } | null = null;
  #done = false;
  #absent = new Set<string>();
  #one = new Locks();

  constructor(desk: Desk, parts: Parts) {
    this.#desk = desk;
    this.#parts = parts;
    parts.postbox.on("handover", (letter, from, mail) => this.#handover(letter, from, mail));
    parts.postbox.on("claim", (letter, from) => this.#claim(letter, from));
  }

  /** resume shows what was known when this browser was last open; check has the last word. */
  resume(standing: unknown): void {
    if (standing) this.#standing = standing as Standing;
  }

  get isCertified(): boolean {
    return this.#done;
  }

  /** check finds out where this device stands; the first one of an account certifies itself, without any ritual. */
  check(): Promise<void> {
    return this.#one.run("check", () => this.#check());
  }

  async #check(): Promise<void> {
    const { me, logs } = this.#desk;
    let state = await logs.refresh(me.user);
    if (!state) {
      await this.#first();
      state = await logs.refresh(me.user);
    }
    const entry = state?.devices[me.device];
    if (entry && !entry.revoked) await this.#certified();
    else if (state) await this.#pending(state);
  }

  /** waiting looks for own devices that wait to be linked, and for those that were removed. */
  async waiting(): Promise<void> {
    if (this.#standing.link.step !== "certified") return;
    await this.#revokeRemoved().catch(() => undefined);
    const waiting = (await this.#pendingDevices()).map(({ id, name }) => ({ id, name }));
    if (JSON.stringify(waiting) !== JSON.stringify(this.#standing.waiting)) this.#set({ ...this.#standing, waiting });
  }

  async linkDevice(text: string): Promise<{ name: string }> {
    const scanned = parseScanned(text);
    if (!scanned) throw new Error("code");
    if (scanned.kind === "offer") throw new Error("offer");
    const { me } = this.#desk;
    for (const device of await this.#pendingDevices()) {
      if (!(await matches(scanned, linkDeviceOf(me.user, device)))) continue;
      await this.#certify(device);
      return { name: device.name };
    }
    throw new Error("code");
  }

  async offerLink(): Promise<string> {
    const { me, clock } = this.#desk;
    const key = await this.#accountKey();
    const offer = newOffer(me.user, me.device, key.publicKey);
    this.#offer = { offer, until: clock.now() + offerLife };
    return offerQr(offer);
  }

  async takeOffer(text: string): Promise<void> {
    const { me, logs, hub } = this.#desk;
    const scanned = parseScanned(text);
    if (scanned?.kind !== "offer") throw new Error("code");
    const { offer } = scanned;
    if (offer.user !== me.user) throw new Error("user");
    const state = await logs.refresh(me.user);
    if (!state || state.account !== toBase64(offer.account)) throw new Error("account");
    const old = (await hub.ownDevices()).find(({ id }) => id === offer.device);
    if (!old) throw new Error("code");
    const mac = await claimMac(offer.secret, { user: me.user, device: me.device, sign: me.sign, kem: me.kem });
    await this.#parts.postbox.send("claim", old, { mac: toBase64(mac) });
  }

  /** adopt certifies this device with the account key out of the backup. */
  async adopt(seed: string): Promise<void> {
    const { me, book, logs, clock } = this.#desk;
    const key = await accountKeyFrom(fromBase64(seed));
    const state = await logs.refresh(me.user);
    if (!state || state.account !== toBase64(key.publicKey)) throw new Error("account");
    await book.save({ settings: { account: seed } });
    await this.#append((now) => addDevice(now, key, ownDevice(me), new Date(clock.now())));
    await this.check();
  }

  async startOver(): Promise<void> {
    const { me, book, clock } = this.#desk;
    const key = await newAccountKey();
    await book.save({ settings: { account: toBase64(key.seed) } });
    await this.#append((now) => resetLog(now, key, ownDevice(me), new Date(clock.now())));
    await this.check();
  }

  async seed(): Promise<string> {
    return toBase64((await this.#accountKey()).seed);
  }

  async #first(): Promise<void> {
    const { me, book, hub, clock } = this.#desk;
    // Stored before the hub knows it: an account key nobody has would be the end of the account's log.
    const stored = await book.shelf.setting("account");
    const key = stored ? await accountKeyFrom(fromBase64(stored)) : await newAccountKey();
    await book.save({ settings: { account: toBase64(key.seed) } });
    try {
      await hub.appendLog(await startLog(me, key, ownDevice(me), new Date(clock.now())));
    } catch (error) {
      // Another device was first.
      if (!(error instanceof HubError) || error.status !== 409) throw error;
    }
  }

  async #certified(): Promise<void> {
    const again = this.#standing.link.step === "certified";
    if (!again) this.#set({ link: { step: "certified" }, waiting: this.#standing.waiting });
    if (!this.#done) this.#parts.certified();
    this.#done = true;
    await this.waiting().catch(() => undefined);
  }

  async #pending(state: LogState): Promise<void> {
    const { me, about, hub } = this.#desk;
    const self = { user: me.user, device: me.device, sign: me.sign, kem: me.kem };
    const chunks = about.backup ? await hub.backupChunks().catch(() => []) : [];
    const others = Object.entries(state.devices).filter(([id, { revoked }]) => !revoked && id !== me.device).length;
    const link: LinkState = { step: "pending", code: await linkCode(self), qr: await linkQr(self), backup: chunks.includes(0), others };
    this.#set({ link, waiting: [] });
  }

  async #pendingDevices(): Promise<DeviceKeys[]> {
    const { me, hub, logs } = this.#desk;
    const [state, devices] = await Promise.all([logs.refresh(me.user), hub.ownDevices()]);
    return devices.filter(({ id }) => id !== me.device && !state?.devices[id]);
  }

  // The hub has ended a removed device already; the log tells everybody else. An error is not an absence: a list
  // without this very device is not believed, and a device has to be absent twice.
  async #revokeRemoved(): Promise<void> {
    const { me, hub, logs, clock } = this.#desk;
    const [state, present] = [logs.known(me.user), new Set((await hub.ownDevices()).map(({ id }) => id))];
    if (!state || !present.has(me.device)) return;
    const absent = Object.entries(state.devices).filter(([id, { revoked }]) => !revoked && !present.has(id)).map(([id]) => id);
    const again = absent.filter((id) => this.#absent.has(id));
    this.#absent = new Set(absent);
    if (again.length === 0) return;
    const key = await this.#accountKey();
    for (const id of again) await this.#append((now) => revokeDevice(now, key, id, new Date(clock.now())), (now) => now.devices[id]?.revoked === true);
  }

  async #certify(device: DeviceKeys): Promise<void> {
    const { clock } = this.#desk;
    const key = await this.#accountKey();
    await this.#append((now) => addDevice(now, key, { device: device.id, sign: device.sign, kem: device.kem }, new Date(clock.now())));
    await this.#parts.postbox.send("handover", device, { account_seed: toBase64(key.seed) });
    await this.waiting().catch(() => undefined);
    await this.#parts.welcome(device);
  }

  // Another device may append at the same moment: then once more, after what it has said.
  async #append(entry: (now: LogState) => Promise<LogItem>, done: (now: LogState) => boolean = () => false): Promise<void> {
    const { me, logs, hub } = this.#desk;
    for (let left = 3; ; left--) {
      const now = await logs.refresh(me.user);
      if (!now) throw new Error("log");
      if (done(now)) return;
      try {
        await hub.appendLog(await entry(now));
        await logs.refresh(me.user);
        return;
      } catch (error) {
        if (left === 0 || !(error instanceof HubError) || error.status !== 409) throw error;
      }
    }
  }

  async #handover({ body }: Letter, from: Sender, mail: string): Promise<void> {
    const { me, logs, book } = this.#desk;
    const { account_seed: seed } = (body ?? {}) as { account_seed?: unknown };
    if (from.user !== me.user || typeof seed !== "string") return;
    const key = await accountKeyFrom(fromBase64(seed));
    const state = await logs.refresh(me.user);
    if (state?.account !== toBase64(key.publicKey)) return;
    await book.save({ settings: { account: seed }, mails: [mail] });
    await this.check();
  }

  async #claim({ body }: Letter, from: Sender): Promise<void> {
    const { me, clock, hub } = this.#desk;
    const { mac } = (body ?? {}) as { mac?: unknown };
    const open = this.#offer;
    if (from.user !== me.user || typeof mac !== "string" || !open || open.until < clock.now()) return;
    const device = (await hub.ownDevices()).find(({ id }) => id === from.device);
    if (!device || !(await checkClaim(open.offer.secret, linkDeviceOf(me.user, device), fromBase64(mac)))) return;
    this.#offer = null;
    await this.#certify(device);
  }

  async #accountKey(): Promise<AccountKey> {
    const { me, book, logs } = this.#desk;
    const seed = await book.shelf.setting("account");
    const key = seed ? await accountKeyFrom(fromBase64(seed)) : null;
    const state = logs.known(me.user);
    if (!key || !state || !equal(fromBase64(state.account), key.publicKey)) throw new Error("no_account_key");
    return key;
  }

  #set(standing: Standing): void {
    this.#standing = standing;
    this.#parts.changed(standing);
  }
}

function linkDeviceOf(user: string, { id, sign, kem }: DeviceKeys): LinkDevice {
  return { user, device: id, sign, kem };
}

function ownDevice({ device, sign, kem }: Desk["me"]): { device: string; sign: Desk["me"]["sign"]; kem: Desk["me"]["kem"] } {
  return { device, sign, kem };
}
