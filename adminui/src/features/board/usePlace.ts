import { useTranslation } from "react-i18next";
import type { Alert } from "../../api/alerting.ts";

/** usePlace words where an alert is: "Station 4B, Zimmer 302, Bett 2", without what is unknown. */
export function usePlace(): (alert: Alert) => string {
  const { t } = useTranslation("board");
  return ({ ward, room, bed }) =>
    [
      ward && t("placeWard", { ward }),
      room && t("placeRoom", { room }),
      bed && t("placeBed", { bed }),
    ]
      .filter(Boolean)
      .join(", ");
}
