import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { priorityLook, type Priority } from "../theme/priority.ts";

/** PriorityBadge says a priority by colour, by icon and in words. */
export function PriorityBadge({ priority }: { priority: Priority }) {
  const { t } = useTranslation("ui");
  const { icon: Symbol, color, soft } = priorityLook(priority);
  return (
    <Badge
      leftSection={<Symbol size={14} aria-hidden="true" />}
      variant="outline"
      styles={{ root: { color, background: soft, borderColor: color } }}
    >
      {t(`priority.${priority}`)}
    </Badge>
  );
}
