import { expect, it } from "vitest";
import { keptOf } from "../../alerts/testing.ts";
import type { Room } from "../../stream/messages.ts";
import { chatOf } from "../chat/testing.ts";
import { filterRows, foldText, listRows, nextOf, unreadOf } from "./listRows.ts";

const room = (id: string, kind = "alarm"): Room => ({ id, kind, name: `Alarme ${id}`, unit: { id: "u", code: "u", name: "u" }, last_seq: 0 }) as Room;

const cards = [
  keptOf({ alert_id: "1", priority: 2 }, { room: "4B", seq: 1 }),
  keptOf({ alert_id: "2", state: "resolved", updated_at: "2026-11-27T08:30:00Z" }, { room: "2A", seq: 1 }),
];
const chats = [
  chatOf({ id: "old", title: "Käthe Müller", at: "2026-11-27T07:00:00Z", unread: 2 }),
  chatOf({ id: "new", title: "Visite 4B", at: "2026-11-27T09:00:00Z" }),
  chatOf({ id: "urgent", title: "Reanimation", at: "2026-11-26T09:00:00Z", urgent: 1, muted: true, unread: 4 }),
];
const rows = listRows([room("2A"), room("4B"), room("new", "group")], cards, chats, ({ title }) => title);
const ids = (list: readonly { id: string }[]): string[] => list.map(({ id }) => id);

it("pins running alarms and orders the rest by activity, each once", () => {
  expect(ids(rows)).toEqual(["4B", "new", "2A", "old", "urgent"]);
});

it.each([
  ["everything", "all", "", ["4B", "new", "2A", "old", "urgent"]],
  ["unread: alarms that run, unread and urgent rooms", "unread", "", ["4B", "old", "urgent"]],
  ["umlauts written out", "all", "mueller", ["old"]],
  ["all words, in any order", "all", "4b visi", ["new"]],
  ["alarm rooms too", "all", "alarme", ["4B", "2A"]],
  ["nothing", "unread", "xyz", []],
] as const)("shows %s", (_name, tab, query, expected) => {
  expect(ids(filterRows(rows, tab, query))).toEqual(expected);
});

it.each([
  ["next", "new", 1, false, "2A"],
  ["previous", "new", -1, false, "4B"],
  ["next unread", "new", 1, true, "old"],
  ["previous unread", "urgent", -1, true, "old"],
  ["the end", "urgent", 1, false, null],
  ["from nowhere down", undefined, 1, false, "4B"],
  ["from nowhere up", undefined, -1, false, "urgent"],
] as const)("goes to the %s room", (_name, from, step, unread, expected) => {
  expect(nextOf(rows, from, step, unread)?.id ?? null).toBe(expected);
});

it("counts unread messages, of muted rooms only the urgent ones", () => {
  expect(unreadOf(chats)).toBe(3);
  expect(unreadOf([])).toBe(0);
});

it("folds spellings of one name", () => {
  expect(new Set(["Müller", "Mueller", "MULLER"].map(foldText)).size).toBe(1);
  expect(foldText("Weiß")).toBe(foldText("weiss"));
  expect(foldText("Ayşe")).toBe("ayse");
});
