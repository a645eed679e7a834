/** Why this browser is no device of the account yet. */
export type Why = "managed" | "waiting" | "refused";

/** What became of the code that was typed last. */
export type Fault = "wrong" | "too_many" | "slow_down" | "failed";

export interface DoorState {
  readonly why: Why;
  readonly fault: Fault | null;
  readonly trying: boolean;
}

/** Somebody may say yes at any moment, and the person looks at this screen until then. */
const patience = 5_000;

/** Door stands between signing in and being a device, where the clinic does not let every browser in. */
export class Door {
  #changed: (state: DoorState | null) => void;
  #state: DoorState | null = null;
  #answer: ((code: string) => void) | null = null;
  #early: string | null = null;

  constructor(changed: (state: DoorState | null) => void) {
    this.#changed = changed;
  }

  get state(): DoorState | null {
    return this.#state;
  }

  /** wait resolves with what to knock with next: a device code, or nothing. A fault stays until the next knock. */
  async wait(why: Why, fault: Fault | null, signal: AbortSignal): Promise<string> {
    const early = this.#early;
    this.#early = null;
    if (signal.aborted) return "";
    if (early !== null) return early;
    const kept = this.#state?.why === why ? this.#state.fault : null;
    this.#to({ why, fault: fault ?? kept, trying: false });
    try {
      return await this.#knocked(why === "waiting" ? patience : null, signal);
    } finally {
      this.#answer = null;
    }
  }

  #knocked(most: number | null, signal: AbortSignal): Promise<string> {
    return new Promise((resolve) => {
      const done = (code: string): void => {
        clearTimeout(over);
        signal.removeEventListener("abort", none);
        resolve(code);
      };
      const none = (): void => done("");
      const over = most === null ? undefined : setTimeout(none, most);
      signal.addEventListener("abort", none);
      this.#answer = done;
    });
  }

  /** knock tries a code; an empty one asks again to be approved. */
  knock(code: string): void {
    if (!this.#state || this.#state.trying) return;
    this.#to({ ...this.#state, fault: null, trying: true });
    if (this.#answer) this.#answer(code);
    else this.#early = code;
  }

  /** open is said even where it never was shut: another tab may have stood before it. */
  open(): void {
    this.#to(null);
  }

  #to(state: DoorState | null): void {
    this.#state = state;
    this.#changed(state);
  }
}
