import type { ConnectorRef, MessageRef, UnitRef, UserRef } from "./list.ts";
import type { Counts } from "./runs.ts";
import type { GroupKind } from "./staff.ts";

export interface PersonAccount {
  id: string;
  login: string;
  state: "invited" | "active" | "locked";
  /** Locked by an administrator here. */
  locked_here: boolean;
  /** Locked by a source, such as the KIS. */
  locked_there: boolean;
  last_seen?: string;
}

export interface Person {
  id: string;
  staff_number: string;
  /** As people read it, given name first. */
  name: string;
  /** "" where no source parts the name. */
  family_name: string;
  given_name: string;
  title: string;
  units: UnitRef[];
  active: boolean;
  account?: PersonAccount;
}

export interface PersonValue {
  field: string;
  text: string;
  source: ConnectorRef;
  message?: MessageRef;
  at: string;
  /** This source's word is the one lists show. */
  shown: boolean;
}

export interface PersonChange {
  field: string;
  from: string;
  to: string;
  source: ConnectorRef;
  message?: MessageRef;
  at: string;
}

/** How somebody stands with one source that knows them. */
export interface Standing {
  source: ConnectorRef;
  key: string;
  status: "" | "working" | "gone" | "waiting" | "ended";
  /** Codes, as this source states them. */
  units: string[];
  photo: boolean;
  at: string;
}

export interface PersonDetail extends Person {
  values: PersonValue[];
  history: PersonChange[];
  devices: { id: string; name: string; last_seen?: string }[];
  duty: string[];
  sources?: Standing[];
  groups: PersonGroup[];
}

/** A group somebody is in, and by what. */
export interface PersonGroup {
  id: string;
  name: string;
  kind: GroupKind;
  source?: ConnectorRef;
  since: string;
}

export interface Unit {
  id: string;
  code: string;
  name: string;
  kind: "house" | "clinic" | "ward";
  parent_id?: string;
  persons: number;
  source?: ConnectorRef;
  roles: { id: string; name: string; on_duty: UserRef[] }[];
}

export type PlanState = "held" | "applied" | "rejected" | "undone" | "dry";

export type PlanOp =
  | "create"
  | "update"
  | "lock"
  | "unlock"
  | "link"
  | "lock_here"
  | "unlock_here";

export interface Plan {
  id: string;
  connector: ConnectorRef;
  message?: MessageRef;
  created: string;
  state: PlanState;
  /** Absent for a plan that the brake let pass. */
  reason?: PlanReason;
  counts: Counts;
  /** How many actions meet an obstacle. */
  problems: number;
}

export interface PlanReason {
  code: string;
  numbers?: Record<string, number>;
}

export interface PlanAction {
  op: PlanOp;
  /** The source's own id of the person. */
  key: string;
  person: { id?: string; name: string; staff_number: string };
  fields: { field: string; from: string; to: string }[];
  /** Codes; the plan names those it knows. */
  units: { gain: string[]; lose: string[] };
  problems?: string[];
}

export interface PlanDetail extends Plan {
  actions: PlanAction[];
  comment?: string;
  units?: { code: string; name?: string }[];
}
