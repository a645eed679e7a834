import { useTranslation } from "react-i18next";
import type { PlanState } from "../../api/directory.ts";
import { ToneBadge, type Tone } from "../../components/Badges.tsx";

const tones: Record<PlanState, Tone> = {
  held: "warn",
  applied: "good",
  rejected: "idle",
  undone: "idle",
  dry: "info",
};

export function PlanBadge({ state }: { state: PlanState }) {
  const { t } = useTranslation("plans");
  return <ToneBadge tone={tones[state] ?? "idle"} label={t(`state.${state}`)} />;
}
