import { useTranslation } from "react-i18next";
import type { Run } from "../../api/runs.ts";
import { countsText } from "../plans/planText.ts";

/** useCountsText is what a run came to, in a few words; "–" where it came to nothing yet. */
export function useCountsText(): (run: Run) => string {
  const { t } = useTranslation("plans");
  const { t: say } = useTranslation("runs");
  return (run) => {
    if (run.state === "running" || run.state === "failed") return "–";
    const asked = run.conflicts > 0 ? say("asked", { count: run.conflicts }) : "";
    return [countsText(run.counts, t), asked].filter(Boolean).join(", ") || say("nothing");
  };
}
