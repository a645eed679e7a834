import type { Outcome } from "../alerts/actSender.ts";
import type { ActRecord, BrokenRecord } from "../store/schema.ts";
import type { KeptCard } from "../store/shelf.ts";
import type { Room } from "../stream/messages.ts";
import type { StreamState } from "../stream/stream.ts";
import type { DoorState } from "./door.ts";

/** Confirmed is what the hub has said to an act, for the moment until the card says it too. */
export interface Confirmed {
  readonly outcome: Outcome;
  /** The card's version at that moment; a later one has the last word. */
  readonly version: number;
}

/** BoardState is everything the screens show. It is replaced, never changed. */
export interface BoardState {
  readonly loaded: boolean;
  /** Set when this browser cannot receive alarms at all. */
  readonly trouble: string | null;
  readonly stream: StreamState | null;
  readonly rooms: readonly Room[];
  readonly cards: ReadonlyMap<string, KeptCard>;
  readonly broken: readonly BrokenRecord[];
  /** Frames that could not be taken apart since the page was opened. */
  readonly garbled: number;
  readonly acts: ReadonlyMap<string, ActRecord>;
  readonly confirmed: ReadonlyMap<string, Confirmed>;
  readonly device: { readonly id: string; readonly name: string } | null;
  /** What stands between this browser and being a device; null: nothing. */
  readonly door: DoorState | null;
  /** Add to this device's clock to get the hub's, in ms. */
  readonly clockOffset: number;
}

const empty: BoardState = {
  loaded: false,
  trouble: null,
  stream: null,
  rooms: [],
  cards: new Map(),
  broken: [],
  garbled: 0,
  acts: new Map(),
  confirmed: new Map(),
  device: null,
  door: null,
  clockOffset: 0,
};

/** Board is the state of the screens, without any screen. */
export class Board {
  #state = empty;
  #listeners = new Set<() => void>();

  get state(): BoardState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set(change: Partial<BoardState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }

  /** putCards takes newer versions and passes over older ones. */
  putCards(kept: readonly KeptCard[]): void {
    const cards = new Map(this.#state.cards);
    for (const one of kept) {
      const old = cards.get(one.card.alert_id);
      if (!old || old.card.version < one.card.version) cards.set(one.card.alert_id, one);
    }
    this.set({ cards, confirmed: this.#stillAhead(cards) });
  }

  putActs(acts: readonly ActRecord[]): void {
    this.set({ acts: new Map(acts.map((act) => [act.alert, act])) });
  }

  confirm(outcome: Outcome): void {
    const version = this.#state.cards.get(outcome.alert)?.card.version ?? 0;
    const confirmed = new Map(this.#state.confirmed).set(outcome.alert, { outcome, version });
    this.set({ confirmed });
  }

  /** What was confirmed is forgotten as soon as the user presses something else. */
  pressed(alert: string): void {
    const confirmed = new Map(this.#state.confirmed);
    confirmed.delete(alert);
    this.set({ confirmed });
  }

  // A newer card says itself who comes; "taken by" stays readable until it is gone.
  #stillAhead(cards: ReadonlyMap<string, KeptCard>): Map<string, Confirmed> {
    const ahead = [...this.#state.confirmed].filter(
      ([alert, { version }]) => (cards.get(alert)?.card.version ?? 0) <= version,
    );
    return new Map(ahead);
  }
}
