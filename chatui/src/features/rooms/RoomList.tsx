import { Badge, Text } from "@mantine/core";
import { IconBellRinging, IconMessages } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { PagePending } from "@wardline/uikit/components/PagePending.tsx";
import { priorities, priorityLook } from "@wardline/uikit/theme/priority.ts";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { kindText, placeText, statusText } from "../alarms/words.ts";
import { useBoard } from "../auth/ClientProvider.tsx";
import { usePerson } from "../auth/usePerson.ts";
import classes from "./RoomList.module.css";
import { roomRows, type RoomRow } from "./roomRows.ts";
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

/** RoomList is the list of alarm rooms; `current` is the one beside it. */
export function RoomList({ current }: { current?: string }) {
  const { t, i18n } = useTranslation("rooms");
  const rooms = useBoard("rooms");
  const cards = useBoard("cards");
  const stream = useBoard("stream");
  const rows = useMemo(() => roomRows(rooms, cards.values()), [rooms, cards]);
  if (rows.length === 0) {
    if (stream?.phase !== "live") return <PagePending />;
    return <EmptyState icon={IconMessages} title={t("empty.title")} hint={t("empty.hint")} />;
  }
  return (
    <ul className={classes["list"]} aria-label={t("title")}>
      {rows.map((row) => (
        <li key={row.room.id}>
          <Link
            to="/room/$id"
            params={{ id: row.room.id }}
            className={classes["row"] ?? ""}
            aria-current={row.room.id === current ? "true" : undefined}
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
        </li>
      ))}
    </ul>
  );
}
