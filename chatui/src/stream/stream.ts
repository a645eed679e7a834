import { backoff, restartDelay } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { Intake } from "./intake.ts";
import { decodeItem, isTalk, type Item } from "./item.ts";
import {
  byeOfClose,
  parseMessage,
  type ByeCode,
  type ClientMessage,
  type Cursors,
  type Room,
  type ServerMessage,
  type TalkMessage,
} from "./messages.ts";
import { SilenceWatch } from "./silence.ts";

/** Socket is the part of WebSocket that is used; binaryType is "arraybuffer". */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((message: { data: unknown }) => void) | null;
  onclose: ((closed: { code: number }) => void) | null;
  send(data: string | ArrayBuffer): void;
  close(code?: number): void;
}

/** "live" alone means that alarms reach this device. */
export type Phase = "connecting" | "catching_up" | "live" | "waiting" | "ended";

export interface StreamState {
  readonly phase: Phase;
  /** Clock time at which `live` was lost or gained. */
  readonly since: number;
  /** Why the stream ended for good; only with phase "ended". */
  readonly end?: Exclude<ByeCode, "restart">;
}

export type Probe = "here" | "unreachable" | "signed_out";

export interface StreamOptions {
  readonly device: string;
  readonly clock: Clock;
  random(): number;
  connect(): Socket;
  cursors(): Promise<Cursors>;
  /** Resolves when items and cursors are durably stored; only then are they acknowledged. */
  keep(items: readonly Item[]): Promise<void>;
  talk: Talk;
  /** A frame that could not even be taken apart: nobody knows what it was. */
  garbled(): void;
  /** Asks the server by another way whether it is there. */
  probe(): Promise<Probe>;
  changed(state: StreamState): void;
  welcomed(rooms: Room[], serverTime: string): void;
  hinted(what: "duty" | "rooms"): void;
}

/** Talk is where conversations go; they wait for nothing of alarms and alarms for nothing of them. */
export interface Talk {
  /** As keep of alerts. It rejects only when the connection that `signal` stands for has ended. */
  keep(items: readonly Item[], signal: AbortSignal): Promise<void>;
  heard(message: TalkMessage): void;
  /** True once everything that was missed is stored, until the connection is lost. */
  live(live: boolean): void;
}

/**
 * Stream keeps one connection to the hub open and brings every item to `keep`
 * once and in order. It never gives up by itself: only a bye other than
 * "restart", a lost session or stop() ends it.
 */
export class Stream {
  #options: StreamOptions;
  #state: StreamState;
  #socket: Socket | null = null;
  #intake: Intake | null = null;
  #talk: Intake | null = null;
  #connection = new AbortController();
  #attempt = 0;
  #cancelRetry: (() => void) | null = null;
  #silence: SilenceWatch;
  #seen = new Set<string>();

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#state = { phase: "connecting", since: options.clock.now() };
    this.#silence = new SilenceWatch(options.clock, {
      probe: () => options.probe(),
      dead: () => this.#lost(null),
    });
  }

  get state(): StreamState {
    return this.#state;
  }

  start(): void {
    this.#open();
  }

  stop(): void {
    this.#cancelRetry?.();
    this.#drop();
    this.#to("ended");
  }

  /** nudge connects now instead of after the wait, or checks a connection that looks alive. */
  nudge(): void {
    if (this.#state.phase === "waiting") this.#open();
    else if (this.#socket) this.#silence.doubt();
  }

  /** seen tells the hub that a card was on a visible screen; kept until it can be sent. */
  seen(alert: string): void {
    this.#seen.add(alert);
    if (this.#state.phase === "live") this.#flushSeen();
  }

  /** say and send drop what cannot go out now: what must not be lost waits in the outbox for live(true). */
  say(message: ClientMessage): void {
    if (this.#talk) this.#send(message);
  }

  send(frame: ArrayBuffer): void {
    if (this.#talk) this.#socket?.send(frame);
  }

  #open(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    if (this.#state.phase === "ended") return;
    this.#to("connecting");
    const socket = this.#options.connect();
    this.#socket = socket;
    socket.onopen = () => void this.#hello(socket);
    socket.onmessage = ({ data }) => this.#heard(socket, data);
    socket.onclose = ({ code }) => {
      if (this.#socket === socket) this.#lost(byeOfClose(code));
    };
    this.#silence.watch();
  }

  async #hello(socket: Socket): Promise<void> {
    const cursor = await this.#options.cursors().catch(() => null);
    if (this.#socket !== socket) return;
    if (!cursor) return this.#lost(null);
    this.#intake = new Intake(cursor, {
      keep: (items) => this.#options.keep(items),
      ack: (room, seq) => this.#send({ t: "ack", room, seq }),
      ready: () => this.#ready(socket),
      failed: () => this.#socket === socket && this.#lost(null),
    });
    this.#talk = this.#newTalk(cursor, socket);
    this.#send({ t: "hello", device: this.#options.device, cursor });
    this.#to("catching_up");
  }

  #newTalk(cursor: Cursors, socket: Socket): Intake {
    const { talk } = this.#options;
    const { signal } = (this.#connection = new AbortController());
    return new Intake(cursor, {
      keep: (items) => talk.keep(items, signal),
      ack: (room, seq) => this.#send({ t: "ack", room, seq }),
      ready: () => this.#socket === socket && talk.live(true),
      failed: () => this.#socket === socket && this.#lost(null),
    });
  }

  #heard(socket: Socket, data: unknown): void {
    if (this.#socket !== socket) return;
    this.#silence.heard();
    if (typeof data === "string") {
      const message = parseMessage(data);
      if (message) this.#obey(message);
      return;
    }
    try {
      const item = decodeItem(data as ArrayBuffer);
      (isTalk(item) ? this.#talk : this.#intake)?.item(item);
    } catch {
      this.#options.garbled();
    }
  }

  #obey(message: ServerMessage): void {
    switch (message.t) {
      case "welcome":
        return this.#options.welcomed(message.rooms ?? [], message.server_time);
      case "ready":
        this.#talk?.end();
        return this.#intake?.end();
      case "beat":
        return this.#silence.beats();
      case "duty":
      case "rooms":
        return this.#options.hinted(message.t);
      case "bye":
        return this.#lost(message.code);
      case "error":
        return;
      default:
        return this.#options.talk.heard(message);
    }
  }

  #ready(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#attempt = 0;
    this.#to("live");
    this.#flushSeen();
  }

  #flushSeen(): void {
    for (const alert of this.#seen) this.#send({ t: "seen", alert });
    this.#seen.clear();
  }

  #send(message: ClientMessage): void {
    this.#socket?.send(JSON.stringify(message));
  }

  #drop(): void {
    this.#silence.stop();
    this.#intake?.close();
    this.#intake = null;
    this.#talk?.close();
    if (this.#talk) this.#options.talk.live(false);
    this.#talk = null;
    this.#connection.abort();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #lost(bye: ByeCode | null): void {
    const { random, clock } = this.#options;
    this.#drop();
    if (bye && bye !== "restart") return this.#to("ended", bye);
    const wait = bye ? restartDelay(random) : backoff(this.#attempt++, random);
    this.#to("waiting");
    this.#cancelRetry = clock.after(wait, () => this.#open());
    // The browser hides a 401 of the upgrade; asking by HTTP tells a lost session from a lost network.
    if (!bye) void this.#options.probe().then((found) => this.#afterLoss(found));
  }

  #afterLoss(found: Probe): void {
    if (found !== "signed_out" || this.#state.phase === "live") return;
    this.#cancelRetry?.();
    this.#drop();
    this.#to("ended", "expired");
  }

  #to(phase: Phase, end?: Exclude<ByeCode, "restart">): void {
    if (this.#state.phase === "ended") return;
    const turned = (this.#state.phase === "live") !== (phase === "live");
    const since = turned ? this.#options.clock.now() : this.#state.since;
    this.#state = end ? { phase, since, end } : { phase, since };
    this.#options.changed(this.#state);
  }
}
