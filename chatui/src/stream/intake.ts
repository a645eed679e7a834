import type { Item } from "./item.ts";
import type { Cursors } from "./messages.ts";

interface Outlet {
  keep(items: readonly Item[]): Promise<void>;
  ack(room: string, seq: number): void;
  /** Everything that was missed is stored. */
  ready(): void;
  /** Storing failed; nothing of the batch was acknowledged and it will come again. */
  failed(): void;
}

// Opening and storing many at once is what makes catching up after a night quick.
const batch = 64;

/**
 * Intake brings the items of one connection to storage, one batch after the
 * other, and acknowledges them only when they are stored. What the device has
 * already is passed over, so a repeated item has no effect.
 */
export class Intake {
  #stored: Map<string, number>;
  #outlet: Outlet;
  #queue: (Item | "end")[] = [];
  #running = false;
  #closed = false;

  constructor(cursors: Cursors, outlet: Outlet) {
    this.#stored = new Map(Object.entries(cursors));
    this.#outlet = outlet;
  }

  item(item: Item): void {
    this.#put(item);
  }

  /** end is "ready": it counts only after the items before it are stored. */
  end(): void {
    this.#put("end");
  }

  close(): void {
    this.#closed = true;
  }

  #put(entry: Item | "end"): void {
    this.#queue.push(entry);
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#queue.length > 0 && !this.#closed) {
      if (this.#queue[0] === "end") {
        this.#queue.shift();
        this.#outlet.ready();
        continue;
      }
      if (!(await this.#step())) break;
    }
    this.#running = false;
  }

  async #step(): Promise<boolean> {
    const items = this.#next();
    const fresh = items.filter(({ room, seq }) => seq > (this.#stored.get(room) ?? 0));
    try {
      if (fresh.length > 0) await this.#outlet.keep(fresh);
    } catch {
      this.#closed = true;
      this.#outlet.failed();
      return false;
    }
    this.#acknowledge(items);
    return true;
  }

  #next(): Item[] {
    const items: Item[] = [];
    while (items.length < batch) {
      const entry = this.#queue[0];
      if (entry === undefined || entry === "end") break;
      items.push(entry);
      this.#queue.shift();
    }
    return items;
  }

  #acknowledge(items: readonly Item[]): void {
    const rooms = new Set(items.map(({ room }) => room));
    for (const { room, seq } of items) {
      if (seq > (this.#stored.get(room) ?? 0)) this.#stored.set(room, seq);
    }
    // Closed meanwhile: it is stored, and the next hello says so.
    if (this.#closed) return;
    for (const room of rooms) this.#outlet.ack(room, this.#stored.get(room) ?? 0);
  }
}
