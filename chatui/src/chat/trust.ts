import { checkSafetyQr, safetyNumber, safetyQr, type Party } from "../identity/safety.ts";
import { fromBase64 } from "../seal/bytes.ts";
import type { Desk } from "./desk.ts";

/** Trust is what two people compare in person, pinned to the other's account key. */
export class Trust {
  #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  async number(user: string): Promise<{ digits: string; qr: string; verified: boolean } | null> {
    const [mine, other] = await this.#parties(user);
    if (!mine || !other) return null;
    const pinned = (await this.#pins())[user];
    const verified = pinned !== undefined && pinned === this.#desk.logs.known(user)?.account;
    return { digits: await safetyNumber(mine, other), qr: await safetyQr(mine, other), verified };
  }

  async set(user: string, verified: boolean): Promise<void> {
    const pins = await this.#pins();
    const account = this.#desk.logs.known(user)?.account;
    const { [user]: _old, ...others } = pins;
    await this.#desk.book.save({ settings: { verified: verified && account ? { ...others, [user]: account } : others } });
  }

  async check(user: string, qr: string): Promise<boolean> {
    const [mine, other] = await this.#parties(user);
    const same = mine !== null && other !== null && (await checkSafetyQr(qr, mine, other));
    if (same) await this.set(user, true);
    return same;
  }

  #parties(user: string): Promise<[Party | null, Party | null]> {
    return Promise.all([this.#party(this.#desk.me.user), this.#party(user)]);
  }

  async #party(user: string): Promise<Party | null> {
    const state = await this.#desk.logs.refresh(user);
    return state && { user, account: fromBase64(state.account) };
  }

  async #pins(): Promise<Record<string, string>> {
    return (await this.#desk.book.shelf.setting("verified")) ?? {};
  }
}
