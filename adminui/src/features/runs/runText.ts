import type { TFunction } from "i18next";
import type { Run, RunState } from "../../api/runs.ts";
import type { Fault } from "../../api/systems.ts";
import type { Tone } from "../../components/Badges.tsx";
import { hubText } from "../connectors/hubText.ts";

type T = TFunction<"runs">;

export const tones: Record<RunState, Tone> = {
  running: "busy",
  applied: "good",
  held: "warn",
  rejected: "idle",
  failed: "bad",
  dry: "info",
  undone: "idle",
};

/** judgedText is who has judged the plan of a run, "" where nobody was asked. */
export function judgedText({ state, judged }: Pick<Run, "state" | "judged">, t: T): string {
  if (!judged) return "";
  if (judged.comment === "superseded") return t("judged.superseded");
  return judged.by ? t(`judged.${state}`, { by: judged.by, defaultValue: "" }) : "";
}

/** tookText is how long a run took, "" while it is under way: "3,4 s", "2 min 05 s". */
export function tookText({ began, ended }: Pick<Run, "began" | "ended">, language: string): string {
  if (!ended) return "";
  const ms = Math.max(0, Date.parse(ended) - Date.parse(began));
  if (ms < 60_000) return `${(ms / 1_000).toLocaleString(language, { maximumFractionDigits: 1 })} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

// English and German words for a name that is new to this console.
const unworded = "fault.other";

/** faultText says in words why a run or a record failed. */
export function faultText(name: string, t: T): string {
  const said = t(`fault.${name}`, { defaultValue: "" });
  return said || t(unworded, { name });
}

/** runDetail is what the hub adds to the words of a failed run: where, and why, unless that says the same again. */
export function runDetail({ name, where, reason }: Fault, t: T): string {
  const why = reason ? hubText(reason, t) : "";
  return [where, why === faultText(name, t) ? "" : why].filter(Boolean).join(": ");
}

/** recordText words the places of a file's records; what other sources call theirs stays. */
export function recordText(record: string, t: T): string {
  const [, kind, number] = /^(row|event) (\d+)$/.exec(record) ?? [];
  return kind ? t(kind, { number }) : record || "–";
}

/** byPlace sorts by the places of records, row 3 before row 12. */
export function byPlace(a: { record: string }, b: { record: string }): number {
  return a.record.localeCompare(b.record, "en", { numeric: true });
}

/** faultDetail is what the hub adds to the words: the place, unless that is the record itself, and the column. */
export function faultDetail({ where, reason }: Fault, record: string): string {
  return [where === record ? "" : where, reason].filter(Boolean).join(": ");
}

/** noteText is a quirk that was tolerated, in words. */
export function noteText(name: string, t: T): string {
  return t(`note.${name}`, { defaultValue: name });
}
