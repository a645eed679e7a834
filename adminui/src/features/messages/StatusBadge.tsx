import { useTranslation } from "react-i18next";
import type { MessageStatus } from "../../api/systems.ts";
import { ToneBadge, type Tone } from "../../components/Badges.tsx";

const tones: Record<MessageStatus, Tone> = {
  applied: "good",
  error: "bad",
  held: "warn",
  duplicate: "idle",
};

export function StatusBadge({ status }: { status: MessageStatus }) {
  const { t } = useTranslation("messages");
  return <ToneBadge tone={tones[status] ?? "idle"} label={t(`status.${status}`)} />;
}
