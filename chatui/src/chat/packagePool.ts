import { newKeyPackages } from "../mls/packages.ts";
import type { Desk } from "./desk.ts";

const full = 50;
const low = 20;
// Made in small lots, so that a message to be opened meanwhile does not wait for all of them.
const lot = 10;
const day = 86_400_000;
const lastResortAge = 20 * day;
/** A Welcome may be on its way for some time after its package has run out. */
const afterlife = 7 * day;
const life = 28 * day;

/** PackagePool keeps enough key packages at the hub, so that this device can be added while it is away. */
export class PackagePool {
  #desk: Desk;
  #running: Promise<void> | null = null;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** fill is called when the hub says the pool is low, at the start, and when the last resort was used. */
  fill(lastResortUsed = false): Promise<void> {
    this.#running ??= this.#fill(lastResortUsed).catch(() => undefined).finally(() => (this.#running = null));
    return this.#running;
  }

  async #fill(lastResortUsed: boolean): Promise<void> {
    const { hub, clock } = this.#desk;
    await this.#forgetOld();
    const known = await this.#desk.book.shelf.packages();
    const renewed = known.some(({ lastResort, notAfter }) => lastResort && notAfter - life + lastResortAge > clock.now());
    if (lastResortUsed || !renewed) await this.#put(0, true);
    const left = await hub.countPackages();
    if (left >= low) return;
    for (let missing = full - left; missing > 0; missing -= lot) await this.#put(Math.min(lot, missing), false);
  }

  // The secrets are on the disk before anybody can use the packages.
  async #put(count: number, lastResort: boolean): Promise<void> {
    const { me, book, hub } = this.#desk;
    const made = await newKeyPackages(me, lastResort ? 1 : count, lastResort);
    await book.save({ packages: made });
    const bodies = made.map(({ body }) => body);
    await hub.putPackages(lastResort ? [] : bodies, lastResort ? (bodies[0] ?? null) : null);
  }

  async #forgetOld(): Promise<void> {
    const { book, clock } = this.#desk;
    const old = (await book.shelf.packages()).filter(({ notAfter }) => notAfter + afterlife < clock.now());
    if (old.length > 0) await book.save({ usedPackages: old.map(({ ref }) => ref) });
  }
}
