import { beforeEach, describe, expect, it } from "vitest";
import type { Item } from "./item.ts";
import type { Cursors } from "./messages.ts";
import { Stream, type Probe, type StreamState } from "./stream.ts";
import { FakeClock, FakeSocket, settle } from "./testing.ts";

let clock: FakeClock;
let sockets: FakeSocket[];
let stored: Item[];
let cursors: Record<string, number>;
let states: StreamState[];
let hints: string[];
let probe: () => Promise<Probe>;
let beforeKeep: () => Promise<void>;
let keepTalk: (items: readonly Item[], signal: AbortSignal) => Promise<void>;
let garbled: number;
let stream: Stream;

const socket = (): FakeSocket => sockets.at(-1) as FakeSocket;
const phase = (): string => stream.state.phase;
const seqs = (): number[] => stored.map(({ seq }) => seq);
const acks = (s = socket()): unknown[] => s.sent.filter(({ t }) => t === "ack").map(({ seq }) => seq);

beforeEach(() => {
  clock = new FakeClock();
  [sockets, stored, cursors, states, hints, garbled] = [[], [], {}, [], [], 0];
  probe = async () => "unreachable";
  beforeKeep = async () => undefined;
  keepTalk = async (items) => void stored.push(...items);
  stream = new Stream({
    device: "d1",
    clock,
    random: () => 0.5,
    connect: () => {
      sockets.push(new FakeSocket());
      return socket();
    },
    cursors: async () => ({ ...cursors }) satisfies Cursors,
    keep: async (items) => {
      await beforeKeep();
      stored.push(...items);
      for (const { room, seq } of items) cursors[room] = Math.max(seq, cursors[room] ?? 0);
    },
    talk: {
      keep: (items, signal) => keepTalk(items, signal),
      heard: (message) => hints.push(message.t),
      live: (live) => hints.push(live ? "talk" : "silent"),
    },
    garbled: () => garbled++,
    probe: () => probe(),
    changed: (state) => states.push(state),
    welcomed: () => hints.push("welcome"),
    hinted: (what) => hints.push(what),
  });
});

async function live(): Promise<void> {
  stream.start();
  socket().onopen?.();
  await settle();
  socket().say({ t: "welcome", server_time: "2026-03-02T12:00:00Z", rooms: [] });
  socket().say({ t: "ready" });
  await settle();
}

describe("connecting", () => {
  it("says hello with device and cursors first", async () => {
    cursors = { a: 7 };
    stream.start();
    socket().onopen?.();
    await settle();
    expect(socket().sent).toEqual([{ t: "hello", device: "d1", cursor: { a: 7 } }]);
    expect(phase()).toBe("catching_up");
  });

  it("is live only when everything before ready is stored", async () => {
    let release = (): void => undefined;
    beforeKeep = () => new Promise((resolve) => (release = resolve));
    stream.start();
    socket().onopen?.();
    await settle();
    socket().item("a", 1);
    socket().say({ t: "ready" });
    await settle();
    expect(phase()).toBe("catching_up");
    release();
    await settle();
    expect(phase()).toBe("live");
  });
});

describe("no loss", () => {
  it("acknowledges only after the store has it", async () => {
    await live();
    let release = (): void => undefined;
    beforeKeep = () => new Promise((resolve) => (release = resolve));
    socket().item("a", 1);
    await settle();
    expect(acks()).toEqual([]);
    release();
    await settle();
    expect(acks()).toEqual([1]);
  });

  it("acknowledges nothing and connects again when storing fails; the item then arrives", async () => {
    await live();
    const first = socket();
    beforeKeep = () => Promise.reject(new Error("disk full"));
    first.item("a", 1);
    first.item("a", 2);
    await settle();
    expect(acks(first)).toEqual([]);
    expect(phase()).toBe("waiting");
    beforeKeep = async () => undefined;
    await clock.pass(1_000);
    socket().onopen?.();
    await settle();
    expect(socket().sent[0]).toEqual({ t: "hello", device: "d1", cursor: {} });
    socket().item("a", 1);
    socket().item("a", 2);
    await settle();
    expect(seqs()).toEqual([1, 2]);
  });

  it("keeps an item whose connection broke while it was being stored, and says so in the next hello", async () => {
    await live();
    let release = (): void => undefined;
    beforeKeep = () => new Promise((resolve) => (release = resolve));
    const first = socket();
    first.item("a", 1);
    await settle();
    first.breaks();
    release();
    await clock.pass(1_000);
    expect(acks(first)).toEqual([]);
    socket().onopen?.();
    await settle();
    expect(socket().sent[0]).toMatchObject({ cursor: { a: 1 } });
  });

  it("reports a frame it cannot take apart and goes on", async () => {
    await live();
    socket().onmessage?.({ data: new Uint8Array([1, 0]).buffer });
    socket().item("a", 2);
    await settle();
    expect(garbled).toBe(1);
    expect(seqs()).toEqual([2]);
  });
});

describe("no doubles", () => {
  it("passes over what is stored but acknowledges it again", async () => {
    cursors = { a: 2 };
    await live();
    for (const seq of [1, 2, 3]) socket().item("a", seq);
    await settle();
    expect(seqs()).toEqual([3]);
    expect(acks().at(-1)).toBe(3);
  });

  it("hears nothing from a connection that was replaced", async () => {
    await live();
    const old = socket();
    old.onclose?.({ code: 1006 });
    await clock.pass(1_000);
    old.item("a", 1);
    await settle();
    expect(seqs()).toEqual([]);
  });
});

describe("coming back", () => {
  it("waits longer each time, at most 10 s, and never gives up", async () => {
    stream.start();
    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      const from = clock.now();
      socket().breaks();
      const count = sockets.length;
      while (sockets.length === count) await clock.pass(25);
      waits.push(clock.now() - from);
    }
    expect(waits[0]).toBeLessThanOrEqual(500);
    expect(waits[3]).toBeGreaterThan(waits[0] ?? 0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(10_025);
  });

  it("starts with short waits again once it was live", async () => {
    stream.start();
    for (let i = 0; i < 6; i++) {
      socket().breaks();
      await clock.pass(10_000);
    }
    socket().onopen?.();
    await settle();
    socket().say({ t: "ready" });
    await settle();
    socket().breaks();
    await clock.pass(500);
    expect(phase()).toBe("connecting");
  });

  it("does not wait when the network is back", async () => {
    stream.start();
    for (let i = 0; i < 6; i++) {
      socket().breaks();
      await clock.pass(10_000);
    }
    socket().breaks();
    stream.nudge();
    expect(phase()).toBe("connecting");
  });

  it("remembers since when alarms do not arrive", async () => {
    await live();
    await clock.pass(5_000);
    const lostAt = clock.now();
    socket().breaks();
    await clock.pass(60_000);
    expect(stream.state.since).toBe(lostAt);
  });
});

describe("bye", () => {
  it.each(["locked", "revoked", "expired", "replaced"] as const)("%s ends it for good", async (code) => {
    await live();
    socket().say({ t: "bye", code });
    await clock.pass(120_000);
    expect(stream.state).toMatchObject({ phase: "ended", end: code });
    expect(sockets).toHaveLength(1);
  });

  it("is understood from the close code alone", async () => {
    await live();
    socket().breaks(4001);
    expect(stream.state).toMatchObject({ phase: "ended", end: "locked" });
  });

  it("restart comes back within 3 s", async () => {
    await live();
    socket().say({ t: "bye", code: "restart" });
    await clock.pass(3_000);
    expect(sockets).toHaveLength(2);
  });

  it("finds out that the session has ended, which the browser hides", async () => {
    probe = async () => "signed_out";
    stream.start();
    socket().breaks();
    await settle();
    expect(stream.state).toMatchObject({ phase: "ended", end: "expired" });
  });
});

describe("silence", () => {
  it("asks after 30 s without a frame and drops a connection behind which nobody answers", async () => {
    await live();
    await clock.pass(30_000);
    expect(phase()).toBe("waiting");
  });

  it("stays when the server is there", async () => {
    probe = async () => "here";
    await live();
    await clock.pass(300_000);
    expect(phase()).toBe("live");
    expect(sockets).toHaveLength(1);
  });

  it("drops the connection when the question itself gets no answer within 5 s", async () => {
    probe = () => new Promise(() => undefined);
    await live();
    await clock.pass(34_900);
    expect(phase()).toBe("live");
    await clock.pass(200);
    expect(phase()).toBe("waiting");
  });

  it("does not ask where the server beats, but trusts its silence", async () => {
    probe = async () => "here";
    await live();
    socket().say({ t: "beat" });
    await clock.pass(30_000);
    expect(phase()).toBe("waiting");
  });
});

describe("seen", () => {
  it("waits for the connection and is sent once", async () => {
    stream.start();
    stream.seen("x");
    socket().onopen?.();
    await settle();
    socket().say({ t: "ready" });
    await settle();
    expect(socket().sent.filter(({ t }) => t === "seen")).toEqual([{ t: "seen", alert: "x" }]);
  });
});

it("passes hints on", async () => {
  await live();
  socket().say({ t: "duty" });
  socket().say({ t: "rooms" });
  socket().say({ t: "unknown" });
  expect(hints).toEqual(["welcome", "talk", "duty", "rooms"]);
});

describe("conversations", () => {
  it("go their own way: alarms arrive while a conversation waits, and count as live", async () => {
    keepTalk = () => new Promise(() => undefined);
    await live();
    socket().item("chat", 1, { kind: "msg" });
    socket().item("a", 1);
    await settle();
    expect(acks()).toEqual([1]);
    expect(phase()).toBe("live");
  });

  it("are acknowledged when they are kept, and caught up after that", async () => {
    let release = (): void => undefined;
    keepTalk = () => new Promise((resolve) => (release = resolve));
    stream.start();
    socket().onopen?.();
    await settle();
    socket().item("chat", 1, { kind: "msg" });
    socket().say({ t: "ready" });
    await settle();
    expect(acks()).toEqual([]);
    expect(hints).not.toContain("talk");
    release();
    await settle();
    expect(acks()).toEqual([1]);
    expect(hints).toContain("talk");
  });

  it("hear what the hub says of them, and when the connection is lost", async () => {
    await live();
    socket().say({ t: "sent", room: "chat", id: "m1", seq: 3, at: "2026-03-02T12:00:00Z" });
    socket().breaks();
    expect(hints.slice(-2)).toEqual(["sent", "silent"]);
  });

  it("send frames only while there is a connection", async () => {
    stream.send(new ArrayBuffer(1));
    await live();
    stream.send(new ArrayBuffer(2));
    stream.say({ t: "read", room: "chat", seq: 4 });
    expect(socket().frames.map(({ byteLength }) => byteLength)).toEqual([2]);
    expect(socket().sent.at(-1)).toEqual({ t: "read", room: "chat", seq: 4 });
    const gone = socket();
    gone.breaks();
    stream.send(new ArrayBuffer(3));
    expect(gone.frames).toHaveLength(1);
  });
});
