import type { ConnectorRef, MessageRef, UnitRef, UserRef } from "./list.ts";

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
  name: string;
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
}

export interface PersonChange {
  field: string;
  from: string;
  to: string;
  source: ConnectorRef;
  message?: MessageRef;
  at: string;
}

export interface PersonDetail extends Person {
  values: PersonValue[];
  history: PersonChange[];
  devices: { id: string; name: string; last_seen?: string }[];
  duty: string[];
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

export type PlanState = "held" | "applied" | "rejected";

export type PlanOp = "create" | "update" | "lock" | "unlock";

export interface Plan {
  id: string;
  connector: ConnectorRef;
  message?: MessageRef;
  created: string;
  state: PlanState;
  /** Absent for a plan that the brake let pass. */
  reason?: PlanReason;
  counts: Record<PlanOp, number>;
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
