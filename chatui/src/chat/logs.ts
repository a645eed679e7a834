import { certificate, hasKem, logAfter, verifyLog, type LogState } from "../identity/log.ts";
import type { Certificate } from "../mls/leaf.ts";
import { toBase64 } from "../seal/bytes.ts";
import { warned, type Book } from "./book.ts";
import type { Me } from "./desk.ts";
import type { DeviceKeys, HubCalls } from "./hubCalls.ts";
import { Locks } from "./locks.ts";
import type { Warning } from "./model.ts";

/** Logs are the device logs of everybody: fetched, checked, remembered; a break in one is shown in every room of that person. */
export class Logs {
  #book: Book;
  #hub: HubCalls;
  #me: Pick<Me, "clinic" | "user">;
  #known = new Map<string, LogState>();
  #fresh = new Set<string>();
  #locks = new Locks();

  constructor(book: Book, hub: HubCalls, me: Pick<Me, "clinic" | "user">) {
    this.#book = book;
    this.#hub = hub;
    this.#me = me;
  }

  async load(): Promise<void> {
    for (const state of await this.#book.shelf.logs()) this.#known.set(state.user, state);
  }

  known(user: string): LogState | null {
    return this.#known.get(user) ?? null;
  }

  /** doubt makes the next look at a log (of everybody: null) a fetch: hints may have been lost. */
  doubt(user: string | null): void {
    if (user) this.#fresh.delete(user);
    else this.#fresh.clear();
  }

  /**
   * certified answers for MLS. A device that is not named is looked for at the hub
   * before that is believed; without the hub it throws, and the item comes again.
   */
  async certified(user: string, device: string): Promise<Certificate | null> {
    const state = this.#fresh.has(user) ? this.known(user) : await this.refresh(user);
    const found = state && certificate(state, device);
    if (found) return found;
    const again = await this.refresh(user);
    return again && certificate(again, device);
  }

  /** refresh gives what holds after asking the hub; what does not continue the known log changes nothing and warns. */
  refresh(user: string): Promise<LogState | null> {
    return this.#locks.run(user, () => this.#refresh(user));
  }

  /** ownerOf finds the person whose log names a device. */
  ownerOf(device: string): { user: string; sign: Certificate } | null {
    for (const state of this.#known.values()) {
      const sign = certificate(state, device);
      if (sign && !sign.revoked) return { user: state.user, sign };
    }
    return null;
  }

  /** keysOf gives public keys of a person's certified devices, as far as the hub's agree with the log. */
  async keysOf(user: string): Promise<DeviceKeys[]> {
    const state = await this.refresh(user);
    if (!state) return [];
    const offered = await (user === this.#me.user ? this.#hub.ownDevices() : this.#hub.devicesOf(user));
    const good = await Promise.all(offered.map((keys) => agrees(state, keys)));
    return offered.filter((_, i) => good[i]);
  }

  async #refresh(user: string): Promise<LogState | null> {
    const known = this.known(user);
    const items = await this.#hub.log(user, logAfter(known));
    if (!known && items.length === 0) return null;
    const verdict = await verifyLog(known, items, { clinic: this.#me.clinic, user });
    this.#fresh.add(user);
    if (!verdict.ok) {
      await this.#warn({ kind: "log_forked", user });
      return known;
    }
    if (known?.n === verdict.state.n) return known;
    this.#known.set(user, verdict.state);
    await this.#book.save({ logs: [verdict.state] });
    if (verdict.changed) await this.#warn({ kind: "key_changed", user });
    return verdict.state;
  }

  async #warn(warning: Warning & { user: string }): Promise<void> {
    const rooms = [...this.#book.conversations.values()].filter(({ peer, roster }) => peer === warning.user || roster.some(({ user }) => user === warning.user));
    await this.#book.save({ patches: rooms.map(({ room }) => ({ room, patch: (before) => warned(before, warning) })) });
  }
}

async function agrees(state: LogState, keys: DeviceKeys): Promise<boolean> {
  const entry = state.devices[keys.id];
  return !!entry && !entry.revoked && entry.sign === toBase64(keys.sign) && hasKem(state, keys.id, keys.kem);
}
