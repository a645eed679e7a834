import { Text, UnstyledButton } from "@mantine/core";
import { priorities, priorityLook } from "@wardline/uikit/theme/priority.ts";
import { useTranslation } from "react-i18next";
import type { KeptCard } from "../../store/shelf.ts";
import classes from "./AlarmOverlay.module.css";
import { kindText, placeText } from "./words.ts";

interface Props {
  alarms: readonly KeptCard[];
  shown: string;
  onChoose: (alert: string) => void;
}

/** AlarmStack names the other calls that wait, so that a nurse can choose which to take. */
export function AlarmStack({ alarms, shown, onChoose }: Props) {
  const { t } = useTranslation("alarms");
  const others = alarms.filter(({ card }) => card.alert_id !== shown);
  if (others.length === 0) return null;
  return (
    <ul className={classes["stack"]} aria-label={t("others")}>
      {others.slice(0, 3).map(({ card }) => {
        const { icon: Symbol, color } = priorityLook(priorities[card.priority] ?? "emergency");
        return (
          <li key={card.alert_id}>
            <UnstyledButton className={classes["other"] ?? ""} onClick={() => onChoose(card.alert_id)}>
              <Symbol size={20} aria-hidden="true" color={color} />
              <Text component="span" truncate>
                {placeText(card, t)} – {kindText(card, t)}
              </Text>
            </UnstyledButton>
          </li>
        );
      })}
      {others.length > 3 && <li>{t("more", { count: others.length - 3 })}</li>}
    </ul>
  );
}
