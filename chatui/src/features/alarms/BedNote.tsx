import { Text } from "@mantine/core";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { Card } from "../../alerts/card.ts";

/** BedNote says what the hospital's own system knows of the bed; nothing where it knows nothing. */
export function BedNote({ card }: { card: Card }) {
  const { t } = useTranslation("alarms");
  if (!card.bed_since) return null;
  return (
    <Text size="sm" c="dimmed" data-testid="bed-note">
      {card.patient ? `${card.patient} · ` : ""}
      {t("bedTaken")} <Time at={card.bed_since} format="absolute" />
    </Text>
  );
}
