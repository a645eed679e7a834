import { Badge, Text } from "@mantine/core";
import { IconBellRinging } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { priorities, priorityLook } from "@wardline/uikit/theme/priority.ts";
import { useTranslation } from "react-i18next";
import { kindText, placeText, statusText } from "../alarms/words.ts";
import { usePerson } from "../auth/usePerson.ts";
import classes from "./RoomList.module.css";
import type { RoomRow } from "./roomRows.ts";
import { shortTime } from "./shortTime.ts";

function OpenCount({ row }: { row: RoomRow }) {
  const { t } = useTranslation("rooms");
  if (row.open === 0) return null;
  const { icon: Symbol, color, soft } = priorityLook(priorities[row.priority] ?? "emergency");
  return (
    <Badge
      size="lg"
      leftSection={<Symbol size={14} aria-hidden="true" />}
      styles={{ root: { color, background: soft, border: `1px solid ${color}` } }}
      aria-label={t("open", { count: row.open })}
    >
      {row.open}
    </Badge>
  );
}

function LastLine({ row }: { row: RoomRow }) {
  const { t } = useTranslation("rooms");
  const { t: words } = useTranslation("alarms");
  const { id } = usePerson();
  if (!row.last) return <span>{t("quiet")}</span>;
  const { card } = row.last;
  return <span>{`${placeText(card, words)}, ${kindText(card, words)}: ${statusText(card, id, words)}`}</span>;
}

export interface RowProps {
  current: boolean;
  /** The row in the tab order of the list. */
  tabbable: boolean;
}

export function AlarmRoomRow({ row, current, tabbable }: RowProps & { row: RoomRow }) {
  const { i18n } = useTranslation("rooms");
  return (
    <Link
      to="/room/$id"
      params={{ id: row.room.id }}
      className={classes["row"] ?? ""}
      aria-current={current ? "true" : undefined}
      tabIndex={tabbable ? 0 : -1}
      data-testid="room-row"
      data-room-id={row.room.id}
      data-open={row.open}
    >
      <span className={classes["icon"]}>
        <IconBellRinging size={24} aria-hidden="true" />
      </span>
      <span className={classes["words"]}>
        <Text component="span" fw={650} truncate>
          {row.room.name}
        </Text>
        <Text component="span" size="sm" c="dimmed" truncate>
          <LastLine row={row} />
        </Text>
      </span>
      <span className={classes["side"]}>
        <Text component="span" size="xs" c="dimmed">
          {row.last && shortTime(new Date(row.last.card.updated_at), new Date(), i18n.language)}
        </Text>
        <OpenCount row={row} />
      </span>
    </Link>
  );
}
