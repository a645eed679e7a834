import type { PlanReason } from "./directory.ts";
import type { Fault } from "./systems.ts";

export type PassMode = "full" | "changes";

export type RunState = "running" | "applied" | "held" | "rejected" | "failed" | "dry" | "undone";

/** What becomes of the people of a plan; the hub counts each of them once. */
export interface Counts {
  create: number;
  update: number;
  lock: number;
  unlock: number;
  link?: number;
}

export interface RunRecord {
  /** Where the administrator finds it: a row, a DN, a resource id. */
  record: string;
  key?: string;
  fault?: Fault;
  notes?: string[];
}

/** What became of a run's plan last; nobody has judged what a newer pass set aside. */
export interface Judgement {
  by: string;
  at: string;
  comment?: string;
}

/** One pass over a source, or one file that was handed in. */
export interface Run {
  id: string;
  connector_id: string;
  mode: PassMode;
  state: RunState;
  cause: string;
  by?: string;
  file?: string;
  began: string;
  ended?: string;
  read: number;
  faults: number;
  counts: Counts;
  unchanged: number;
  conflicts: number;
  fault?: Fault;
  plan_id?: string;
  /** Why its plan was held or, of a dry run, would be. */
  reason?: PlanReason;
  judged?: Judgement;
  message_id?: string;
  /** Only where one run is read, at most 1,000. */
  records?: RunRecord[];
}

export interface PreviewRecord {
  record: string;
  key: string;
  op: string;
  values?: Record<string, string>;
  units?: { code: string; name?: string; primary?: boolean }[];
  groups?: { code: string; name?: string }[];
  fault?: Fault;
  photo: boolean;
  notes?: string[];
}

export interface SourcePreview {
  records: PreviewRecord[];
  /** Why there are no more than these. */
  fault?: Fault;
  /** The source has no more people than these. */
  end_of_source: boolean;
}

export type ImportKey = "staff_number" | "login" | "key";

export interface Mapped {
  header: string;
  /** "": the column is not taken. */
  field: string;
}

/** A file that was uploaded and waits, sealed, for at most 24 hours. */
export interface Import {
  id: string;
  name: string;
  expires: string;
  format: string;
  sheet?: string;
  header: string[];
  sample: string[][];
  rows: number;
  suggested: Mapped[];
  /** The mapping is the one that was applied to this header the last time. */
  remembered: boolean;
  /** The field that probably identifies people. */
  key: ImportKey;
  warnings?: string[];
}

export interface ImportAsk {
  mapping: Mapped[];
  mode: PassMode;
  /** The field that identifies people. */
  key: ImportKey;
}
