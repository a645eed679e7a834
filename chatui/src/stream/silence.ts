import type { Clock } from "./clock.ts";
import type { Probe } from "./stream.ts";

/** No frame for so long makes a connection suspect. */
export const silenceLimit = 30_000;
const probeLimit = 5_000;

interface Outlet {
  probe(): Promise<Probe>;
  dead(): void;
}

/**
 * SilenceWatch finds connections that are open in name only. Script cannot see
 * the server's WebSocket pings, so silence alone proves nothing on a quiet ward:
 * after 30 s without a frame the server is asked by HTTP, and no answer within
 * 5 s means dead. A server that sends {"t":"beat"} needs no asking.
 */
export class SilenceWatch {
  #clock: Clock;
  #outlet: Outlet;
  #cancel: (() => void) | null = null;
  #beating = false;
  #round = 0;

  constructor(clock: Clock, outlet: Outlet) {
    this.#clock = clock;
    this.#outlet = outlet;
  }

  watch(): void {
    this.#beating = false;
    this.heard();
  }

  heard(): void {
    this.stop();
    this.#cancel = this.#clock.after(silenceLimit, () => this.#silent());
  }

  beats(): void {
    this.#beating = true;
  }

  stop(): void {
    this.#round++;
    this.#cancel?.();
    this.#cancel = null;
  }

  /** doubt asks at once: after sleep or a change of network. */
  doubt(): void {
    this.stop();
    void this.#ask();
  }

  #silent(): void {
    if (this.#beating) this.#outlet.dead();
    else void this.#ask();
  }

  async #ask(): Promise<void> {
    const round = this.#round;
    this.#cancel = this.#clock.after(probeLimit, () => this.#outlet.dead());
    const found = await this.#outlet.probe();
    // A frame, or the limit, was faster than the answer.
    if (round !== this.#round) return;
    if (found === "here") this.heard();
    else this.#outlet.dead();
  }
}
