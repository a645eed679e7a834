import type { Run } from "../../api/runs.ts";
import type { JsonObject } from "../../api/systems.ts";

export interface PullProgress {
  tested: boolean;
  previewed: boolean;
  saved: boolean;
  runs: readonly Pick<Run, "state">[];
  config: JsonObject;
}

/** isScheduled is whether passes are due by themselves. */
export function isScheduled(config: JsonObject): boolean {
  const schedule = config["schedule"];
  if (typeof schedule !== "object" || schedule === null || Array.isArray(schedule)) return false;
  return Boolean(schedule["full_at"]) || Number(schedule["changes_minutes"] ?? 0) > 0;
}

const done = ["dry", "held", "applied", "rejected", "undone"];

/**
 * stepsDone is how far a source has come: test, preview, save, dry run, schedule. A later
 * step that was made vouches for those before it.
 */
export function stepsDone({ tested, previewed, saved, runs, config }: PullProgress): number {
  const tried = runs.some(({ state }) => done.includes(state));
  if (tried) return isScheduled(config) ? 5 : 4;
  if (!tested) return 0;
  if (!previewed) return 1;
  return saved ? 3 : 2;
}
