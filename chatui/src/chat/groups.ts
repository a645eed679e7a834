import type { ChatShelf } from "../store/chatShelf.ts";
import type { Kept } from "./records.ts";

// Decoding a large group takes tens of milliseconds; the rooms in use are kept decoded.
const most = 24;

/** Groups holds the newest durable group of each room. Whoever calls it holds the room's lock. */
export class Groups {
  #shelf: ChatShelf;
  #kept = new Map<string, Kept>();

  constructor(shelf: ChatShelf) {
    this.#shelf = shelf;
  }

  async get(room: string): Promise<Kept | "lost" | null> {
    const known = this.#kept.get(room);
    if (known) return known;
    const found = await this.#shelf.kept(room);
    if (found && found !== "lost") this.stored(room, found);
    return found;
  }

  /** stored is called when the shelf has it, never before. */
  stored(room: string, kept: Kept | null): void {
    this.#kept.delete(room);
    if (kept) this.#kept.set(room, kept);
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > most && !oldest.done) this.#kept.delete(oldest.value);
  }
}
