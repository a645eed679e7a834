import { describe, expect, it } from "vitest";
import type { Alert } from "../../api/alerting.ts";
import { boardOrder, clock } from "./order.ts";

function alert(id: string, priority: number, raised: string, state: Alert["state"] = "notifying"): Alert {
  return { id, priority, raised_at: `2026-11-22T${raised}Z`, state } as Alert;
}

describe("boardOrder", () => {
  it("puts pressing before old, and running before ended", () => {
    const rows = [
      alert("ended-late", 4, "12:05:00", "resolved"),
      alert("young", 2, "12:01:00"),
      alert("ended-early", 2, "11:00:00", "cancelled"),
      alert("old", 2, "12:00:00"),
      alert("emergency", 4, "12:02:00", "exhausted"),
    ];
    expect(boardOrder(rows).map(({ id }) => id)).toEqual([
      "emergency",
      "old",
      "young",
      "ended-late",
      "ended-early",
    ]);
  });
});

it.each([
  [-5, "0:00"],
  [4_000, "0:04"],
  [247_999, "4:07"],
  [3_753_000, "1:02:33"],
])("clock of %d ms", (ms, text) => expect(clock(ms)).toBe(text));
