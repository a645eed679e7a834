import type { Person } from "./directory.ts";
import type { ConnectorRef, UnitRef } from "./list.ts";

export interface PersonRef {
  id?: string;
  name: string;
  staff_number: string;
}

export interface Diff {
  field: string;
  from: string;
  to: string;
}

/** What is stated by hand; null takes the hand's word back, absent units stay as they are. */
export interface Entry {
  values: Record<string, string | null>;
  units?: { code: string; primary?: boolean }[];
}

export type BulkOp =
  | "lock"
  | "unlock"
  | "add_unit"
  | "remove_unit"
  | "set_field"
  | "add_group"
  | "remove_group";

export interface Bulk {
  op: BulkOp;
  persons?: string[];
  filter?: PersonQuery;
  unit?: string;
  field?: string;
  text?: string;
  group?: string;
}

/** What narrows a list of persons, as the query of GET /persons. */
export interface PersonQuery {
  q?: string;
  unit?: string;
  state?: string;
  source?: string;
  group?: string;
}

export interface Undone {
  undone: number;
  skipped: PersonRef[];
}

export type ConflictReason = "mail_known" | "number_known" | "several_match" | "administrator";

export type ConflictState = "open" | "same" | "other" | "dismissed";

/** A question who an unknown key of a source is. */
export interface Conflict {
  id: string;
  source: ConnectorRef;
  key: string;
  reason: ConflictReason;
  state: ConflictState;
  stated: Record<string, string>;
  candidates: Person[];
  created: string;
  decided_at?: string;
}

/** How the clinic merges, and when it brakes. */
export interface RulesForm {
  /** Field to connector ids; the first that states the field counts. */
  precedence: Record<string, string[]>;
  limit_percent: number;
  limit_accounts: number;
}

export interface Rules extends RulesForm {
  revision: number;
  /** Id of the hand, which no list of connectors holds. */
  hand: string;
}

export interface RulesPreview {
  total: number;
  items: { person: PersonRef; fields: Diff[] }[];
}

export type TestOp = "is" | "is_not" | "contains" | "starts" | "under" | "is_empty";

export interface Test {
  field: string;
  op: TestOp;
  text: string;
}

export interface Expression {
  all: { any: Test[] }[];
}

export type GroupKind = "rule" | "source" | "hand";

export interface Group {
  id: string;
  name: string;
  kind: GroupKind;
  source?: ConnectorRef;
  code?: string;
  rule?: Expression;
  room: boolean;
  role_id?: string;
  unit_id?: string;
  members: number;
  revision: number;
}

/** What is saved of a group. */
export interface GroupForm {
  name: string;
  kind: GroupKind;
  rule?: Expression;
  room?: boolean;
  role_id?: string;
  unit_id?: string;
  /** Of a group that is changed: the one that was seen. */
  revision?: number;
}

export interface GroupSave {
  group: GroupForm;
  /** Of a group by hand: all members afterwards; absent leaves them. */
  members?: string[];
}

export interface Membership {
  joining: number;
  leaving: number;
  staying: number;
  joins: PersonRef[];
  leaves: PersonRef[];
}

export interface UnitEdit {
  code: string;
  name: string;
  kind: "house" | "clinic" | "ward";
  parent_id?: string;
}

export interface Following {
  unit_id?: string;
  role_id?: string;
  group_id?: string;
}

export interface FollowingRow extends Following {
  room_id: string;
  name: string;
  members: number;
  waiting: number;
}

export interface Shift {
  id?: string;
  role: { id: string; name: string; unit: UnitRef };
  person: { user_id: string; name: string };
  from: string;
  until: string;
  source: string;
}

export interface RosterPlan {
  from: string;
  until: string;
  adds: Shift[];
  removes: Shift[];
  same: number;
  faults: { record: string; code: string; text?: string }[];
}
