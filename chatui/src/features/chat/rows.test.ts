import { expect, it } from "vitest";
import type { Entry, Timeline } from "../../chat/model.ts";
import { lineOf, textOf } from "./testing.ts";
import { isPrepended, newestSeq, rowsOf, startOf } from "./rows.ts";

const timeline = (entries: Entry[], more: Partial<Timeline> = {}): Timeline => ({
  room: "r",
  entries,
  hasOlder: false,
  hasNewer: false,
  firstUnread: null,
  ...more,
});

const at = (time: string, day = "2026-11-27"): string => new Date(`${day}T${time}:00`).toISOString();

it("groups what one person says within five minutes", () => {
  const rows = rowsOf(
    timeline([
      textOf({ user: "a", at: at("09:00") }),
      textOf({ user: "a", at: at("09:04") }),
      textOf({ user: "a", at: at("09:10") }),
      textOf({ user: "b", at: at("09:11") }),
      lineOf({ at: at("09:12") }),
      textOf({ user: "b", at: at("09:12") }),
    ]),
  );
  expect(rows.map(({ head, tail }) => [head, tail])).toEqual([
    [true, false],
    [false, true],
    [true, true],
    [true, true],
    [true, true],
    [true, true],
  ]);
});

it("begins each day with a separator, the first one only when nothing older is missing", () => {
  const entries = [
    textOf({ user: "a", at: at("23:59", "2026-11-26") }),
    textOf({ user: "a", at: at("00:01") }),
    textOf({ user: "a", at: at("00:02") }),
  ];
  expect(rowsOf(timeline(entries)).map(({ day }) => day)).toEqual([true, true, false]);
  expect(rowsOf(timeline(entries, { hasOlder: true })).map(({ day }) => day)).toEqual([false, true, false]);
  expect(rowsOf(timeline(entries)).map(({ head }) => head)).toEqual([true, true, false]);
});

it("draws the unread line above the first new message of somebody else, and ends the group there", () => {
  const entries = [
    textOf({ seq: 1, user: "a", at: at("09:00") }),
    textOf({ seq: 2, user: "me", mine: true, at: at("09:01") }),
    textOf({ seq: 3, user: "a", at: at("09:02") }),
    textOf({ seq: 4, user: "a", at: at("09:03") }),
  ];
  const rows = rowsOf(timeline(entries, { firstUnread: 2 }));
  expect(startOf(rows)).toBe(2);
  expect(rows.filter(({ unread }) => unread)).toHaveLength(1);
  expect(startOf(rowsOf(timeline(entries)))).toBe(null);
  expect(startOf(rowsOf(timeline(entries.slice(0, 2), { firstUnread: 2 })))).toBe(null);
  expect(rowsOf(timeline(entries, { firstUnread: 4 })).map(({ head }) => head)).toEqual([true, true, true, true]);
});

it("counts as read what has a number, up to the last row seen", () => {
  const rows = rowsOf(timeline([textOf({ seq: 7 }), textOf({ seq: 8 }), textOf({ seq: null, mine: true })]));
  expect(newestSeq(rows, 0)).toBe(7);
  expect(newestSeq(rows, 2)).toBe(8);
  expect(newestSeq(rows, 99)).toBe(8);
  expect(newestSeq([], 0)).toBe(0);
});

it("tells a page in front from a new message, a change and a window that moved", () => {
  const entries = [1, 2, 3, 4, 5].map((seq) => textOf({ id: `m${seq}`, seq }));
  const rows = (from: number, to: number) => rowsOf(timeline(entries.slice(from, to)));
  expect(isPrepended(rows(2, 5), rows(0, 5))).toBe(true);
  expect(isPrepended(rows(0, 4), rows(0, 5))).toBe(false);
  expect(isPrepended(rows(0, 5), rows(0, 5))).toBe(false);
  expect(isPrepended(rows(2, 4), rows(0, 5))).toBe(false);
  expect(isPrepended([], rows(0, 5))).toBe(false);
  expect(isPrepended(rows(0, 5), rows(2, 5))).toBe(true);
  expect(isPrepended(rows(0, 5), rows(0, 3))).toBe(false);
  expect(isPrepended(rows(0, 5), [])).toBe(false);
});
