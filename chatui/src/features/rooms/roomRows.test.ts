import { expect, it } from "vitest";
import { keptOf } from "../../alerts/testing.ts";
import type { Room } from "../../stream/messages.ts";
import { roomRows, timelineOf } from "./roomRows.ts";

const room = (id: string): Room => ({ id, kind: "alarm", name: id, unit: { id: "u", code: "u", name: "u" }, last_seq: 0 });
const kept = (alert_id: string, place: string, more: Parameters<typeof keptOf>[0] = {}, seq = 1) =>
  keptOf({ alert_id, ...more }, { room: place, seq });

it("puts rooms with the most pressing open call first and counts only what is open", () => {
  const cards = [
    kept("1", "quiet", { state: "resolved", priority: 4 }),
    kept("2", "normal", { priority: 2 }),
    kept("3", "normal", { priority: 1, state: "accepted" }, 2),
    kept("4", "urgent", { priority: 3 }),
  ];
  const rows = roomRows([room("quiet"), room("normal"), room("urgent"), room("empty")], cards);
  expect(rows.map((row) => [row.room.id, row.open, row.priority])).toEqual([
    ["urgent", 1, 3],
    ["normal", 2, 2],
    ["quiet", 0, -1],
    ["empty", 0, -1],
  ]);
  expect(rows[1]?.last?.card.alert_id).toBe("3");
});

it("shows open calls above history, the newest first in both", () => {
  const cards = [
    kept("old-open", "r", { raised_at: "2026-03-02T10:00:00Z" }),
    kept("over", "r", { state: "resolved", raised_at: "2026-03-02T12:00:00Z" }),
    kept("new-open", "r", { raised_at: "2026-03-02T11:00:00Z", state: "exhausted" }),
    kept("elsewhere", "s"),
  ];
  const { open, over } = timelineOf("r", cards);
  expect(open.map(({ card }) => card.alert_id)).toEqual(["new-open", "old-open"]);
  expect(over.map(({ card }) => card.alert_id)).toEqual(["over"]);
});
