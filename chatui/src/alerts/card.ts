export type AlertState =
  | "raised"
  | "routed"
  | "notifying"
  | "accepted"
  | "arrived"
  | "resolved"
  | "cancelled"
  | "exhausted"
  | "expired"
  | "suppressed"
  | "silenced";

export interface Acceptance {
  readonly user_id: string;
  readonly name: string;
  readonly at: string;
}

export interface Answer {
  readonly user_id: string;
  readonly name: string;
  readonly state: string;
}

/** Card is the content of an alert's envelope: the alert as it stands at one version. */
export interface Card {
  readonly v: number;
  readonly alert_id: string;
  readonly version: number;
  readonly state: AlertState;
  readonly kind: string;
  /** 0 info, 1 low, 2 normal, 3 urgent, 4 emergency. */
  readonly priority: number;
  readonly ward: string;
  readonly ward_name: string;
  readonly room: string;
  readonly bed: string;
  /** Since when the bed is taken, as the KIS says. */
  readonly bed_since?: string;
  readonly patient?: string;
  readonly text: string;
  readonly caller: string;
  readonly raised_at: string;
  readonly updated_at: string;
  readonly ended_at?: string;
  /** Counts from 1. */
  readonly step: number;
  readonly steps: number;
  /** How many people must accept. */
  readonly need: number;
  readonly accepted_by: readonly Acceptance[];
  readonly responses: readonly Answer[];
  readonly recipients: readonly string[];
  readonly technical: boolean;
  readonly drill: boolean;
}

const states = new Set<string>([
  "raised",
  "routed",
  "notifying",
  "accepted",
  "arrived",
  "resolved",
  "cancelled",
  "exhausted",
  "expired",
  "suppressed",
  "silenced",
]);

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function countOf(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : otherwise;
}

function listOf<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? (value as T[]) : [];
}

/**
 * parseCard reads a card strictly where it decides what rings and tolerantly
 * where it only shows: an empty room must not cost anybody an alarm.
 */
export function parseCard(value: unknown): Card {
  const raw = (value ?? {}) as Record<string, unknown>;
  const version = countOf(raw["version"], 0);
  if (textOf(raw["alert_id"]) === "" || version < 1) throw new Error("card without id or version");
  if (!states.has(textOf(raw["state"]))) throw new Error("card in an unknown state");
  const ended = textOf(raw["ended_at"]);
  const bedSince = textOf(raw["bed_since"]);
  return {
    v: countOf(raw["v"], 1),
    alert_id: textOf(raw["alert_id"]),
    version,
    state: raw["state"] as AlertState,
    kind: textOf(raw["kind"]),
    priority: Math.min(4, Math.max(0, countOf(raw["priority"], 4))),
    ward: textOf(raw["ward"]),
    ward_name: textOf(raw["ward_name"]),
    room: textOf(raw["room"]),
    bed: textOf(raw["bed"]),
    ...(bedSince === "" ? {} : { bed_since: bedSince, patient: textOf(raw["patient"]) }),
    text: textOf(raw["text"]),
    caller: textOf(raw["caller"]),
    raised_at: textOf(raw["raised_at"]),
    updated_at: textOf(raw["updated_at"]),
    ...(ended === "" ? {} : { ended_at: ended }),
    step: countOf(raw["step"], 1),
    steps: countOf(raw["steps"], 1),
    need: countOf(raw["need"], 1),
    accepted_by: listOf<Acceptance>(raw["accepted_by"]),
    responses: listOf<Answer>(raw["responses"]),
    recipients: listOf<string>(raw["recipients"]),
    technical: raw["technical"] === true,
    drill: raw["drill"] === true,
  };
}

// An exhausted alert is open: somebody may still come, late but gladly seen.
const over = new Set<AlertState>(["resolved", "cancelled", "expired", "suppressed", "silenced"]);

export function isOpen({ state }: Card): boolean {
  return !over.has(state);
}
