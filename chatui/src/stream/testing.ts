import type { Clock } from "./clock.ts";
import type { Item } from "./item.ts";
import type { Socket } from "./stream.ts";

// Fakes for tests: time moved by hand and a socket without a network.

export class FakeClock implements Clock {
  #now = 1_000_000;
  #timers = new Set<{ at: number; run: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves time and runs what becomes due, letting promises settle in between. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.run();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets everything that waits only for promises go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve();
}

export class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: ((closed: { code: number }) => void) | null = null;
  sent: Record<string, unknown>[] = [];
  closed = false;

  frames: ArrayBuffer[] = [];

  send(data: string | ArrayBuffer): void {
    if (this.closed) throw new Error("socket is closed");
    if (typeof data === "string") this.sent.push(JSON.parse(data) as Record<string, unknown>);
    else this.frames.push(data);
  }

  close(): void {
    this.closed = true;
  }

  /** The server says something. */
  say(message: Record<string, unknown>): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  item(room: string, seq: number, more: Partial<Item> = {}): void {
    this.onmessage?.({ data: frameOf(room, seq, more) });
  }

  breaks(code = 1006): void {
    this.closed = true;
    this.onclose?.({ code });
  }
}

function talkOf({ kind, user, from, epoch, prio, welcome }: Partial<Item>): object {
  return kind ? { kind, user, from, epoch, prio, welcome } : {};
}

export function frameOf(room: string, seq: number, more: Partial<Item> = {}): ArrayBuffer {
  const header = { room, seq, id: `${room}-${seq}`, kind: "alert", ref: `alert-${seq}`, at: "2026-03-02T12:00:00Z", ...talkOf(more) };
  const json = new TextEncoder().encode(JSON.stringify({ ...header, kek: "AAECAwQFBgc=" }));
  const enc = more.enc ?? new Uint8Array([1, 2, 3]);
  const row = more.row ?? new Uint8Array([4, 5]);
  const body = more.body ?? new Uint8Array([6]);
  const frame = new Uint8Array(5 + json.length + 2 + enc.length + 2 + row.length + body.length);
  const view = new DataView(frame.buffer);
  frame[0] = 1;
  view.setUint32(1, json.length);
  frame.set(json, 5);
  let at = 5 + json.length;
  for (const part of [enc, row]) {
    view.setUint16(at, part.length);
    frame.set(part, at + 2);
    at += 2 + part.length;
  }
  frame.set(body, at);
  return frame.buffer;
}
