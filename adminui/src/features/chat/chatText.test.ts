import { describe, expect, it } from "vitest";
import { recorderState, sortedCauses } from "./chatText.ts";

describe("recorderState", () => {
  it.each([
    [{ connected: true, away: false, last_seen: "2026-11-27T09:00:00Z" }, "connected"],
    [{ connected: false, away: false, last_seen: "2026-11-27T09:00:00Z" }, "gone"],
    [{ connected: false, away: true, last_seen: "2026-11-27T09:00:00Z" }, "away"],
    [{ connected: false, away: true }, "never"],
  ])("%o", (recorder, state) => expect(recorderState(recorder)).toBe(state));
});

describe("sortedCauses", () => {
  it("puts the most frequent first", () => {
    expect(sortedCauses({ epoch: 1, state_lost: 5, aad: 1 })).toEqual([
      ["state_lost", 5],
      ["aad", 1],
      ["epoch", 1],
    ]);
  });
});
