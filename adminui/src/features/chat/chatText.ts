import type { ChatHealth } from "../../api/talk.ts";
import type { Tone } from "../../components/Badges.tsx";

export type RecorderState = "connected" | "gone" | "away" | "never";

/** recorderState tells a short interruption, which mends itself, from one that does not. */
export function recorderState(recorder: ChatHealth["recorder"]): RecorderState {
  if (recorder.connected) return "connected";
  if (!recorder.last_seen) return "never";
  return recorder.away ? "away" : "gone";
}

export const recorderTone: Record<RecorderState, Tone> = {
  connected: "good",
  gone: "busy",
  away: "bad",
  never: "bad",
};

/** sortedCauses puts the most frequent first. */
export function sortedCauses(byCause: ChatHealth["by_cause"]): [string, number][] {
  return Object.entries(byCause).sort(([a, n], [b, m]) => m - n || a.localeCompare(b));
}
