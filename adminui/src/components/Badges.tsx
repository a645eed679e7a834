import { Badge } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconInfoCircle,
  IconLoader2,
  type Icon,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { HealthState } from "../api/systems.ts";
import classes from "./Badges.module.css";

export type Tone = "good" | "warn" | "bad" | "idle" | "busy" | "info";

const icons: Record<Tone, Icon> = {
  good: IconCircleCheck,
  warn: IconAlertTriangle,
  bad: IconCircleX,
  idle: IconCircleDashed,
  busy: IconLoader2,
  info: IconInfoCircle,
};

interface Props {
  tone: Tone;
  label: string;
}

/** ToneBadge says a state by colour, by icon and in words (WCAG 1.4.1). */
export function ToneBadge({ tone, label }: Props) {
  const Symbol = icons[tone];
  return (
    <Badge
      className={`${classes["badge"]} ${classes[tone]}`}
      leftSection={<Symbol size={14} aria-hidden="true" />}
      variant="outline"
    >
      {label}
    </Badge>
  );
}

const healthTone: Record<HealthState, Tone> = {
  up: "good",
  degraded: "warn",
  down: "bad",
  connecting: "busy",
  stopped: "idle",
};

export function HealthBadge({ state }: { state: HealthState }) {
  const { t } = useTranslation();
  return <ToneBadge tone={healthTone[state] ?? "idle"} label={t(`health.${state}`)} />;
}
