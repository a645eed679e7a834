import {
  IconAlertTriangle,
  IconBell,
  IconBellMinus,
  IconInfoCircle,
  IconUrgent,
  type Icon,
} from "@tabler/icons-react";

// From the least to the most pressing; the index is the number the API stores.
export const priorities = ["info", "low", "normal", "urgent", "emergency"] as const;

export type Priority = (typeof priorities)[number];

export interface PriorityLook {
  readonly icon: Icon;
  /** Text, border and icon colour; readable on `soft` and on the surface. */
  readonly color: string;
  readonly soft: string;
}

const icons: Record<Priority, Icon> = {
  info: IconInfoCircle,
  low: IconBellMinus,
  normal: IconBell,
  urgent: IconAlertTriangle,
  emergency: IconUrgent,
};

/**
 * priorityLook gives colour and icon of a priority. Colour never stands alone:
 * the icon's shape and the word beside it say the same (WCAG 1.4.1).
 */
export function priorityLook(priority: Priority): PriorityLook {
  return {
    icon: icons[priority],
    color: `var(--wl-priority-${priority})`,
    soft: `var(--wl-priority-${priority}-soft)`,
  };
}
