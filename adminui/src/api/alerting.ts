import type { ConnectorRef, UserRef } from "./list.ts";

/** 0 info, 1 low, 2 normal, 3 urgent, 4 emergency. */
export type PriorityNumber = number;

export interface Match {
  connectors?: string[];
  kinds?: string[];
  wards?: string[];
  rooms?: string[];
  beds?: string[];
  min_priority?: PriorityNumber;
  max_priority?: PriorityNumber;
  /** Wall clock of the clinic, "22:00"; from after to spans midnight. */
  from?: string;
  to?: string;
  /** 1 Monday to 7 Sunday. */
  weekdays?: number[];
}

export type TargetKind = "duty" | "ward" | "group" | "admins";

export interface Target {
  kind: TargetKind;
  code?: string;
}

export interface Step {
  targets: Target[];
  seconds: number;
}

export interface Policy {
  steps: Step[];
  need: number;
  accept_seconds: number;
  max_seconds: number;
}

export interface Rule {
  id: string;
  name: string;
  enabled: boolean;
  match: Match;
  policy: Policy;
  catch_all: boolean;
}

export interface RuleList {
  revision: number;
  items: Rule[];
}

export interface TrialSignal {
  kind: string;
  priority: PriorityNumber;
  ward: string;
  room: string;
  bed: string;
  connector?: string;
  at?: string;
}

export interface Trial {
  rule: { id: string; name: string; position: number };
  steps: {
    seconds: number;
    targets: Target[];
    recipients: (UserRef & { devices: number })[];
  }[];
  passed_over: { rule_id: string; why: string }[];
}

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

export interface Alert {
  id: string;
  state: AlertState;
  kind: string;
  priority: PriorityNumber;
  ward: string;
  room: string;
  bed: string;
  text: string;
  caller: string;
  connector: ConnectorRef;
  rule_name: string;
  /** Counts from 1. */
  step: number;
  steps: number;
  raised_at: string;
  updated_at: string;
  ended_at?: string;
  accepted_by: UserRef[];
  technical: boolean;
}

export interface StoryData {
  why?: string;
  answer?: string;
  recipients?: number;
  unreachable?: number;
  seconds?: number;
  priority?: PriorityNumber;
  of?: number;
}

export interface StoryEntry {
  no: number;
  at: string;
  kind: string;
  user?: { id: string; name: string };
  /** Counts from 0, as the log stores it. */
  step: number;
  data?: StoryData;
}

export interface AlertDetail extends Alert {
  story: StoryEntry[];
  dispatches: {
    step: number;
    user: { id: string; name: string };
    state: string;
    changed: string;
  }[];
  answers: { kind: string; at: string; done_at?: string; attempts: number }[];
}

export type TodoKind =
  | "plan_held"
  | "conflict_open"
  | "source_failing"
  | "source_stale"
  | "connector_down"
  | "message_errors"
  | "uncovered_role"
  | "activation_open"
  | "break_glass"
  | "device_waiting"
  | "recorder_away"
  | "chat_faults";

export interface Overview {
  connectors: {
    id: string;
    name: string;
    kind: string;
    state: import("./systems.ts").HealthState;
    since?: string;
    detail?: string;
  }[];
  todos: { kind: TodoKind; count: number; ref?: string }[];
  alerts: {
    running: number;
    exhausted_24h: number;
    accepted_24h: number;
    p50_accept_ms_24h: number;
    p99_first_device_ms_24h: number;
  };
  persons: { active: number; locked: number };
  accounts: { invited: number; active: number; locked: number };
  raw_last_hour: number;
}
