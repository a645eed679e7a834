import type { TodoKind } from "../../api/alerting.ts";

export interface Place {
  to: string;
  params: Record<string, string>;
  search: Record<string, string>;
}

/** todoLink is where a to-do is done; with a reference it leads to the very thing. */
export function todoLink(kind: TodoKind, ref = ""): Place {
  const at = (to: string, params = {}, search = {}): Place => ({ to, params, search });
  switch (kind) {
    case "plan_held":
      return ref ? at("/plans/$id", { id: ref }) : at("/plans");
    case "conflict_open":
      return at("/conflicts");
    case "source_failing":
    case "source_stale":
      return ref ? at("/connectors/$id", { id: ref }, { tab: "runs" }) : at("/runs");
    case "connector_down":
      return ref ? at("/connectors/$id", { id: ref }) : at("/connectors");
    case "message_errors":
      return at("/messages", {}, ref ? { status: "error", connector: ref } : { status: "error" });
    case "uncovered_role":
      return at("/units", {}, { uncovered: "1" });
    case "activation_open":
      return at("/persons", {}, { state: "invited" });
    case "break_glass":
      return at("/audit");
    case "device_waiting":
      return at("/devices");
    case "recorder_away":
    case "chat_faults":
      return at("/chat");
    default:
      // A newer hub may know more to do than this console; a link to nowhere in particular is
      // better than no overview.
      return at("/");
  }
}

/** duration writes milliseconds as people say them: "420 ms", "3,4 s", "2 min". */
export function duration(ms: number, language: string): string {
  const number = (value: number, digits: number): string =>
    new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
  if (ms < 1_000) return `${number(ms, 0)} ms`;
  if (ms < 100_000) return `${number(ms / 1_000, 1)} s`;
  return `${number(ms / 60_000, 0)} min`;
}
