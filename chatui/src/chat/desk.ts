import type { Self } from "../mls/leaf.ts";
import type { Bytes } from "../seal/bytes.ts";
import type { Clock } from "../stream/clock.ts";
import type { ClientMessage } from "../stream/messages.ts";
import type { Book } from "./book.ts";
import type { HubCalls } from "./hubCalls.ts";
import type { Locks } from "./locks.ts";
import type { Logs } from "./logs.ts";
import type { Notice } from "./protocol.ts";
import type { About } from "./records.ts";

/** Me is this device with its private keys. */
export interface Me extends Self {
  readonly name: string;
  readonly kem: Bytes;
  readonly kemPrivate: Bytes;
}

/** Line is the way to the socket and to the person. */
export interface Line {
  say(message: ClientMessage): void;
  send(frame: ArrayBuffer): void;
  notice(notice: Notice): void;
  settled(room: string): void;
}

/** Desk is what every part of the leading tab's chat works with. */
export interface Desk {
  readonly me: Me;
  readonly about: About;
  readonly book: Book;
  readonly hub: HubCalls;
  readonly logs: Logs;
  readonly line: Line;
  readonly clock: Clock;
  /** One task at a time per room: whoever advances its group holds it. */
  readonly rooms: Locks;
  random(): number;
}

/** pause waits by the desk's clock. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

/** quietly lets go of what is tried again by itself: the next start, message or hint does it once more. */
export function quietly(task: Promise<unknown> | undefined): void {
  task?.catch(() => undefined);
}
