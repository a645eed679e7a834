import type { Act, Get, Post, Put } from "./wire.ts";

export type StepName = "name" | "admin" | "address" | "staff" | "mail" | "alarm";

export type StepState = "open" | "done" | "skipped";

/** Facts is what is already true of a step; each step has its own. */
export interface Facts {
  clinic_name?: string;
  timezone?: string;
  has_password?: boolean;
  has_passkey?: boolean;
  addresses?: { listener: "chat" | "console"; url: string; tls: boolean; ok: boolean; detail?: string }[];
  sources?: number;
  persons?: number;
  mail?: { connector_id: string; state: string };
  devices?: number;
  alert_id?: string;
}

export interface SetupStep {
  step: StepName;
  state: StepState;
  /** The hub can see that it is done. */
  met: boolean;
  facts: Facts;
}

export interface Setup {
  done: boolean;
  steps: SetupStep[];
}

/** SetupPaths is the first-run wizard. */
export interface SetupPaths {
  "/api/v1/setup": Get<Setup>;
  "/api/v1/setup/name": Put<{ name: string; timezone: string }, Setup>;
  "/api/v1/setup/{step}": Put<{ state: StepState }, Setup, { path: { step: StepName } }>;
  "/api/v1/setup/alarm": Act<object, { alert_id: string }>;
  "/api/v1/setup/mail": Post<{ to: string }, void>;
}
