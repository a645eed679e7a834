import type { ConnectorRef, UserRef } from "./list.ts";

/** Any JSON value: configurations are described by schemas, not by types. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export type JsonObject = { [key: string]: Json };

export type HealthState = "stopped" | "connecting" | "up" | "degraded" | "down";

export interface Health {
  state: HealthState;
  since?: string;
  detail?: string;
  peers?: number;
}

export interface Counters {
  received: number;
  applied: number;
  errors: number;
  duplicates: number;
  held: number;
  last_at?: string;
}

export interface Kind {
  name: string;
  schema: JsonObject;
  defaults: JsonObject;
  capabilities: Record<"test" | "sync" | "answer" | "tokens" | "replay", boolean> & {
    /** Reads people by passes: preview, dry run, schedule, runs. */
    pull?: boolean;
  };
}

export interface Connector {
  id: string;
  kind: string;
  name: string;
  enabled: boolean;
  revision: number;
  config: JsonObject;
  secrets: Record<string, string>;
  health: Health;
  counters: Counters;
  counts?: { named?: Record<string, number> };
}

export interface ConnectorWrite {
  name: string;
  enabled: boolean;
  config: JsonObject;
  comment?: string;
}

export interface Check {
  name: string;
  ok: boolean;
  detail?: string;
}

export interface Difference {
  path: string;
  from: Json;
  to: Json;
}

export interface Revision {
  revision: number;
  at: string;
  author?: UserRef;
  comment?: string;
  config: JsonObject;
  diff?: Difference[];
}

export type Scope = "trigger" | "resolve" | "status";

export interface Token {
  id: string;
  name: string;
  scopes: Scope[];
  wards?: string[];
  created?: string;
  last_used?: string;
}

export type MessageStatus = "applied" | "error" | "held" | "duplicate";

export interface Fault {
  name: string;
  where?: string;
  reason?: string;
}

export interface Message {
  id: string;
  connector: ConnectorRef;
  received: string;
  type?: string;
  control_id?: string;
  peer?: string;
  size: number;
  status: MessageStatus;
  fault?: Fault;
  /** How often the source has sent it again. */
  repeats?: number;
  warnings?: string[];
}

export interface SegmentField {
  no: number;
  value: string;
  comps?: string[];
}

export interface Segment {
  name: string;
  fields: SegmentField[];
}

export interface MessageDetail extends Message {
  raw: string;
  segments?: Segment[];
  effect?: { changes?: Json[]; plan_id?: string; alert_id?: string };
}

export interface FaultCount {
  name: string;
  count: number;
  last_at: string;
  connector: ConnectorRef;
}

export interface AuditLine {
  at: string;
  /** Absent for what the hub did by itself. */
  actor?: UserRef;
  act: string;
  object: string;
  data?: Record<string, Json>;
}
