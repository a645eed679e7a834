import { Badge, Text, VisuallyHidden } from "@mantine/core";
import { IconAlertTriangle, IconBellOff, IconExclamationMark } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Chat } from "../../chat/model.ts";
import { useChat } from "../../chat/useChat.ts";
import { Avatar } from "../chat/Avatar.tsx";
import { useNames } from "../chat/useNames.ts";
import type { RowProps } from "./AlarmRoomRow.tsx";
import classes from "./RoomList.module.css";
import { shortTime } from "./shortTime.ts";

function LastLine({ chat }: { chat: Chat }) {
  const { t } = useTranslation("rooms");
  const names = useNames();
  const pending = useChat((talk) => talk.link.step === "pending");
  const { last, draft, state, kind } = chat;
  if (state === "joining") return <span>{t(pending ? "notLinked" : "joining")}</span>;
  if (draft.trim() !== "") {
    return (
      <>
        <span className={classes["draft"]}>{t("draft")}</span> {draft}
      </>
    );
  }
  if (!last) return <span>{t("noMessages")}</span>;
  if (last.kind === "broken") return <span>{t("broken")}</span>;
  // The text of a line is what was done.
  if (last.kind === "line") return <span>{t(`line.${last.text}`, { defaultValue: t("changed") })}</span>;
  const who = last.mine ? t("mine") : kind === "group" ? `${names.of(last.user)}:` : "";
  return <span>{`${who} ${last.text}`.trim()}</span>;
}

function Marks({ chat }: { chat: Chat }) {
  const { t } = useTranslation("rooms");
  const { unread, urgent, muted, warnings } = chat;
  const wrong = warnings.some(({ kind }) => kind !== "missing");
  return (
    <span className={classes["marks"]}>
      {muted && <IconBellOff size={18} role="img" aria-label={t("muted")} color="var(--mantine-color-dimmed)" />}
      {wrong && <IconAlertTriangle size={18} role="img" aria-label={t("warning")} color="var(--wl-priority-emergency)" />}
      {urgent > 0 && (
        <span className={classes["urgent"]} role="img" aria-label={t("urgent", { count: urgent })} data-testid="urgent-mark">
          <IconExclamationMark size={18} stroke={3} aria-hidden="true" />
        </span>
      )}
      {unread > 0 && (
        <Badge color={muted ? "gray.7" : "ward.8"} variant="filled" size="lg" data-testid="unread" data-count={unread}>
          <span aria-hidden="true">{unread > 99 ? "99+" : unread}</span>
          <VisuallyHidden>{t("unread", { count: unread })}</VisuallyHidden>
        </Badge>
      )}
    </span>
  );
}

export function ChatRoomRow({ chat, title, current, tabbable }: RowProps & { chat: Chat; title: string }) {
  const { i18n } = useTranslation("rooms");
  return (
    <Link
      to="/chat/$id"
      params={{ id: chat.id }}
      className={classes["row"] ?? ""}
      aria-current={current ? "true" : undefined}
      tabIndex={tabbable ? 0 : -1}
      data-testid="chat-row"
      data-room-id={chat.id}
      data-unread={chat.unread}
    >
      <Avatar id={chat.peer ?? chat.id} name={title} group={chat.kind === "group"} />
      <span className={classes["words"]}>
        <Text component="span" fw={chat.unread > 0 ? 750 : 650} truncate>
          {title}
        </Text>
        <Text component="span" size="sm" c={chat.unread > 0 ? "inherit" : "dimmed"} truncate>
          <LastLine chat={chat} />
        </Text>
      </span>
      <span className={classes["side"]}>
        <Text component="span" size="xs" c="dimmed">
          {shortTime(new Date(chat.at), new Date(), i18n.language)}
        </Text>
        <Marks chat={chat} />
      </span>
    </Link>
  );
}
