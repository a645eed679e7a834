import { priorities, type Priority } from "@wardline/uikit/theme/priority.ts";
import type { Alert, AlertState } from "../../api/alerting.ts";
import type { Tone } from "../../components/Badges.tsx";

/** An exhausted alert is still open: somebody may accept it late, and should. */
const ended = new Set<AlertState>(["resolved", "cancelled", "expired", "suppressed", "silenced"]);

export function isRunning(alert: Alert): boolean {
  return !ended.has(alert.state);
}

/** boardOrder puts what presses most on top; among equals, who has waited longest. */
export function boardOrder(alerts: readonly Alert[]): Alert[] {
  return [...alerts].sort(
    (a, b) =>
      Number(isRunning(b)) - Number(isRunning(a)) ||
      (isRunning(a) ? b.priority - a.priority : 0) ||
      (isRunning(a) ? 1 : -1) * a.raised_at.localeCompare(b.raised_at),
  );
}

export function priorityOf(alert: Alert): Priority {
  return priorities[alert.priority] ?? "normal";
}

const tones: Record<AlertState, Tone> = {
  raised: "busy",
  routed: "busy",
  notifying: "warn",
  accepted: "good",
  arrived: "good",
  resolved: "idle",
  cancelled: "idle",
  exhausted: "bad",
  expired: "bad",
  suppressed: "idle",
  silenced: "idle",
};

export function toneOf(state: AlertState): Tone {
  return tones[state] ?? "idle";
}

/** clock writes a duration as "4:07" or "1:02:33"; a clock that runs ahead gives 0:00. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  const tail = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`;
}
