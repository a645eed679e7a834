import type { Act, ActRecord } from "../store/schema.ts";
import type { ActShelf } from "../store/shelf.ts";
import { backoff } from "../stream/backoff.ts";
import type { Clock } from "../stream/clock.ts";

/** Answered is what the hub says to an act. */
export type Answered =
  | { kind: "done"; state: string }
  | { kind: "taken"; by: string[] }
  | { kind: "ended" }
  | { kind: "refused" }
  /** No answer, overload or restart: the same again later. */
  | { kind: "later" };

export interface Outcome {
  readonly alert: string;
  readonly act: Act;
  readonly answered: Exclude<Answered, { kind: "later" }>;
}

/**
 * An answer that could not be sent for so long is not sent any more: whoever
 * pressed "accept" two minutes ago may be somewhere else by now. The user is asked again.
 */
export const staleAfter = 120_000;

interface Options {
  shelf: ActShelf;
  clock: Clock;
  random(): number;
  post(alert: string, act: Act): Promise<Answered>;
  /** The queue has changed. */
  changed(): void;
  outcome(outcome: Outcome): void;
}

/**
 * ActSender brings answers to the hub, one after the other, and forgets an
 * answer only when the hub has spoken. One tab at a time may own one.
 */
export class ActSender {
  #options: Options;
  #running = false;
  #again = false;
  #attempt = 0;
  #stopped = false;
  #cancel: (() => void) | null = null;

  constructor(options: Options) {
    this.#options = options;
  }

  /** wake sends what waits; call it after a press and whenever the network may be back. */
  wake(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#again = true;
    if (!this.#running && !this.#stopped) void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      if (!(await this.#round())) this.#retryLater();
    }
    this.#running = false;
  }

  /** False when something has to be tried again later. */
  async #round(): Promise<boolean> {
    let settled = true;
    for (const act of await this.#options.shelf.acts()) {
      if (act.stale || this.#stopped) continue;
      if (!(await this.#send(act))) settled = false;
    }
    if (settled) this.#attempt = 0;
    return settled;
  }

  async #send(act: ActRecord): Promise<boolean> {
    const { shelf, clock, post, changed, outcome } = this.#options;
    if (clock.now() - act.at > staleAfter) {
      await shelf.putAct({ ...act, stale: true });
      changed();
      return true;
    }
    const answered = await post(act.alert, act.act);
    if (answered.kind === "later") return false;
    // The outcome first: between the two a card must not look unanswered.
    outcome({ alert: act.alert, act: act.act, answered });
    await shelf.dropAct(act);
    changed();
    // Pressed again meanwhile: that one is still in the queue.
    this.#again = true;
    return true;
  }

  #retryLater(): void {
    const wait = backoff(this.#attempt++, this.#options.random);
    this.#cancel = this.#options.clock.after(wait, () => this.wake());
  }
}
