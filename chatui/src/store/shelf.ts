import type { Card } from "../alerts/card.ts";
import type { Cursors } from "../stream/messages.ts";
import type { ActRecord, BrokenRecord } from "./schema.ts";

/** KeptCard is a card with the place it came from. */
export interface KeptCard {
  readonly card: Card;
  readonly room: string;
  readonly seq: number;
  /** It came after its envelope had expired: shown, but it raises no alarm. */
  readonly late: boolean;
}

/**
 * OpenedItem is what became of one item: a card, the reason why there is none,
 * or, for a kind this build does not know, only its place.
 */
export type OpenedItem = KeptCard | { room: string; seq: number; broken: BrokenRecord } | { room: string; seq: number };

/** CardShelf keeps what came over the stream. */
export interface CardShelf {
  /**
   * keep stores cards, broken items and the cursors in one durable transaction.
   * An older version never replaces a newer one; a good card removes what was
   * broken for its alert up to its own place.
   */
  keep(items: readonly OpenedItem[]): Promise<void>;
  cards(): Promise<KeptCard[]>;
  card(alert: string): Promise<KeptCard | null>;
  cursors(): Promise<Cursors>;
}

/** BrokenShelf keeps items that could not be opened. */
export interface BrokenShelf {
  broken(): Promise<BrokenRecord[]>;
  quieten(room: string, seq: number): Promise<void>;
}

/** ActShelf keeps answers until the hub has confirmed them. */
export interface ActShelf {
  acts(): Promise<ActRecord[]>;
  putAct(act: ActRecord): Promise<void>;
  /** dropAct removes an answer unless the user has pressed something else since. */
  dropAct(act: ActRecord): Promise<void>;
}
