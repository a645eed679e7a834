import { parseCard } from "../alerts/card.ts";
import { utf8 } from "../seal/bytes.ts";
import type { Cursors } from "../stream/messages.ts";
import type { ActRecord, BrokenRecord, CardRecord, Database } from "./schema.ts";
import type { ActShelf, BrokenShelf, CardShelf, KeptCard, OpenedItem } from "./shelf.ts";
import type { Vault } from "./vault.ts";

const placeOf = (alert: string): string => `card/${alert}`;

// Strict: the transaction ends when the disk has it, not when the system has been told.
const durable = { durability: "strict" } as const;

/** IndexedShelf keeps everything in IndexedDB, cards sealed by the vault. */
export class IndexedShelf implements CardShelf, BrokenShelf, ActShelf {
  #database: Database;
  #vault: Vault;

  constructor(database: Database, vault: Vault) {
    this.#database = database;
    this.#vault = vault;
  }

  async keep(items: readonly OpenedItem[]): Promise<void> {
    // Sealing first: a transaction ends by itself while it waits for anything else.
    const cards = await Promise.all(items.flatMap((item) => ("card" in item ? [this.#record(item)] : [])));
    const broken = items.flatMap((item) => ("broken" in item ? [item.broken] : []));
    const change = this.#database.transaction(["cards", "broken", "cursors"], "readwrite", durable);
    const store = {
      cards: change.objectStore("cards"),
      broken: change.objectStore("broken"),
      cursors: change.objectStore("cursors"),
    };
    for (const record of broken) await store.broken.put(record);
    for (const card of cards) {
      const old = await store.cards.get(card.alert);
      if (!old || old.version < card.version) await store.cards.put(card);
      for (const record of await store.broken.getAll()) {
        const settled = record.alert === card.alert && record.room === card.room;
        if (settled && record.seq <= card.seq) await store.broken.delete([record.room, record.seq]);
      }
    }
    for (const { room, seq } of items) {
      const at = (await store.cursors.get(room)) ?? 0;
      if (seq > at) await store.cursors.put(seq, room);
    }
    await change.done;
  }

  async cards(): Promise<KeptCard[]> {
    const records = await this.#database.getAll("cards");
    const opened = await Promise.all(records.map((record) => this.#open(record)));
    return opened.filter((card) => card !== null);
  }

  async card(alert: string): Promise<KeptCard | null> {
    const record = await this.#database.get("cards", alert);
    return record ? this.#open(record) : null;
  }

  async cursors(): Promise<Cursors> {
    const change = this.#database.transaction("cursors");
    const [rooms, places] = await Promise.all([change.store.getAllKeys(), change.store.getAll()]);
    return Object.fromEntries(rooms.map((room, i) => [room, places[i] ?? 0]));
  }

  broken(): Promise<BrokenRecord[]> {
    return this.#database.getAll("broken");
  }

  async quieten(room: string, seq: number): Promise<void> {
    const change = this.#database.transaction("broken", "readwrite");
    const record = await change.store.get([room, seq]);
    if (record) await change.store.put({ ...record, quiet: true });
    await change.done;
  }

  acts(): Promise<ActRecord[]> {
    return this.#database.getAll("acts");
  }

  async putAct(act: ActRecord): Promise<void> {
    const change = this.#database.transaction("acts", "readwrite", durable);
    await change.store.put(act);
    await change.done;
  }

  async dropAct(act: ActRecord): Promise<void> {
    const change = this.#database.transaction("acts", "readwrite", durable);
    const now = await change.store.get(act.alert);
    if (now && now.at === act.at && now.act === act.act) await change.store.delete(act.alert);
    await change.done;
  }

  async #record({ card, room, seq, late }: KeptCard): Promise<CardRecord> {
    const sealed = await this.#vault.seal(placeOf(card.alert_id), utf8(JSON.stringify(card)));
    return { alert: card.alert_id, room, seq, version: card.version, late, sealed };
  }

  // A record this browser itself can no longer read is left out: the hub has it still.
  async #open({ alert, room, seq, late, sealed }: CardRecord): Promise<KeptCard | null> {
    try {
      const plain = await this.#vault.open(placeOf(alert), sealed);
      return { card: parseCard(JSON.parse(new TextDecoder().decode(plain))), room, seq, late };
    } catch {
      return null;
    }
  }
}
