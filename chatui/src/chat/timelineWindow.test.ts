// @vitest-environment node
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ChatShelf } from "../store/chatShelf.ts";
import { openDatabase } from "../store/schema.ts";
import { openVault } from "../store/vault.ts";
import { Book } from "./book.ts";
import type { Timeline } from "./model.ts";
import type { Conversation, Row } from "./records.ts";
import { TimelineWindow } from "./timelineWindow.ts";

vi.setConfig({ testTimeout: 30_000 });

const room = "r1";
const conversation: Conversation = {
  room, kind: "group", title: "Visite", peer: null, alert: null, role: "member", muted: false, state: "ready",
  readSeq: 0, lastSeq: 0, at: "", last: null, lastOf: 0, warnings: [], roster: [], receipts: [],
};
const rowOf = (seq: number, more: Partial<Row> = {}): Row => ({
  room, seq, id: `m${seq}`, at: "2026-11-27T09:00:00Z", user: "ben", from: "d2", restoredBy: null, what: { kind: "text", text: `Text ${seq}`, prio: 0 }, ...more,
});

let book: Book;
let shown: Timeline;

beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory();
  const database = await openDatabase("anna");
  book = new Book(new ChatShelf(database, await openVault(database), "anna"), () => undefined);
});

async function filled(count: number, readSeq: number): Promise<TimelineWindow> {
  for (let from = 1; from <= count; from += 2_000) {
    const rows = Array.from({ length: Math.min(2_000, count - from + 1) }, (_, i) => rowOf(from + i));
    await book.save({ rows, begin: [{ ...conversation, readSeq, lastSeq: count }], patches: [{ room, patch: (before) => ({ ...before, lastSeq: count }) }] });
  }
  const made = new TimelineWindow(book, room, { me: "anna", recorder: () => null, waiting: async () => [] }, (timeline) => (shown = timeline));
  await made.open();
  return made;
}

const range = (): [number | null | undefined, number | null | undefined, number] => [shown.entries[0]?.seq, shown.entries.at(-1)?.seq, shown.entries.length];

describe("a timeline's window", () => {
  it("opens at the end when everything is read", async () => {
    await filled(200, 200);
    expect(range()).toEqual([141, 200, 60]);
    expect(shown).toMatchObject({ hasOlder: true, hasNewer: false, firstUnread: null });
  });

  it("opens at the first unread, with what was before it", async () => {
    await filled(500, 120);
    expect(range()).toEqual([91, 180, 90]);
    expect(shown).toMatchObject({ hasOlder: true, hasNewer: true, firstUnread: 121 });
  });

  it("goes back page by page to the first, and holds 600 at most", async () => {
    const made = await filled(720, 720);
    for (let i = 0; i < 12; i++) {
      await made.move("older");
      expect(shown.entries.length).toBeLessThanOrEqual(600);
    }
    expect(range()).toEqual([1, 600, 600]);
    expect(shown).toMatchObject({ hasOlder: false, hasNewer: true });
    await made.move("newer");
    expect(range()).toEqual([61, 660, 600]);
    await made.move("end");
    expect(range()).toEqual([661, 720, 60]);
  });

  it("takes in what is new at the end, and what has changed", async () => {
    const made = await filled(100, 100);
    await book.save({ rows: [rowOf(101), rowOf(90, { what: { kind: "text", text: "wiederhergestellt", prio: 0 }, restoredBy: "cem" })] });
    await made.refresh();
    expect(range()).toEqual([41, 101, 61]);
    expect(shown.entries.find(({ seq }) => seq === 90)).toMatchObject({ text: "wiederhergestellt", restoredBy: "cem" });
  });

  it("does not jump while the person reads further up", async () => {
    const made = await filled(500, 120);
    await book.save({ rows: [rowOf(501)] });
    await made.refresh();
    expect(range()).toEqual([91, 180, 90]);
  });

  it("shows nothing of confirmations, and counts them", async () => {
    const urgent = rowOf(1, { what: { kind: "text", text: "dringend", prio: 2 } });
    const roster = ["anna", "ben", "cem"].map((user) => ({ user, name: user, role: "member" as const, recorder: false }));
    await book.save({ begin: [{ ...conversation, roster }], rows: [urgent, rowOf(2, { user: "cem", what: { kind: "confirm", ref: "m1" } })] });
    await filled(0, 0);
    expect(shown.entries).toHaveLength(1);
    expect(shown.entries[0]).toMatchObject({ text: "dringend", open: 1, confirmed: [{ user: "cem" }] });
    expect(book.tally(room)).toMatchObject({ unread: 1, urgent: 1, firstUnread: 1 });
  });

  it("opens what it shows and nothing else, and that once", async () => {
    const opened = vi.spyOn(book.shelf, "openRow");
    const made = await filled(2_000, 2_000);
    expect(opened).toHaveBeenCalledTimes(60);
    for (let i = 0; i < 3; i++) await made.move("older");
    await book.save({ rows: [rowOf(2_001)] });
    await made.refresh();
    expect(opened).toHaveBeenCalledTimes(241);
    expect(range()).toEqual([1_761, 2_001, 241]);
  });
});
