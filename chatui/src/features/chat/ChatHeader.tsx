import { ActionIcon, Menu, Text, Title, Tooltip, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { IconAlertTriangle, IconArrowLeft, IconBellOff, IconDotsVertical, IconInfoCircle, IconShieldCheck, IconUserPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Chat } from "../../chat/model.ts";
import { useChat, useChatActions } from "../../chat/useChat.ts";
import { safetyKey } from "../details/keys.ts";
import { Avatar } from "./Avatar.tsx";
import classes from "./ChatPage.module.css";
import { chatTitle } from "./chatTitle.ts";

function Standing({ chat }: { chat: Chat }) {
  const { t } = useTranslation("chat");
  const { safetyNumber } = useChatActions();
  const peer = chat.peer;
  const { data } = useQuery({
    queryKey: safetyKey(peer ?? ""),
    queryFn: () => safetyNumber(peer ?? ""),
    enabled: peer !== null,
    retry: false,
  });
  const wrong = chat.warnings.some(({ kind }) => kind !== "missing");
  if (wrong) {
    return (
      <span className={classes["mark"]} data-wrong>
        <IconAlertTriangle size={16} aria-hidden="true" /> {t("header.warning")}
      </span>
    );
  }
  if (!data?.verified) return null;
  return (
    <Tooltip label={t("header.verifiedHint")}>
      <span className={classes["mark"]} data-testid="verified">
        <IconShieldCheck size={16} aria-hidden="true" /> {t("header.verified")}
      </span>
    </Tooltip>
  );
}

/** peopleIn counts people; the recorder is in every room and none of them. */
export function peopleIn(chat: Pick<Chat, "members">, recorder: string | null): number {
  return Math.max(1, chat.members - (recorder === null ? 0 : 1));
}

function subtitle(chat: Chat, people: number, say: TFunction<"chat">): string {
  if (chat.state === "joining") return say("header.joining");
  if (chat.state === "left") return say("header.left");
  return chat.kind === "direct" ? say("header.direct") : say("header.members", { count: people });
}

/** ChatHeader names the room; a tap on it opens the details. */
export function ChatHeader({ chat }: { chat: Chat }) {
  const { t } = useTranslation("chat");
  const navigate = useNavigate();
  const { mute } = useChatActions();
  const recorder = useChat((state) => state.recorder);
  const title = chatTitle(chat, t);
  const manages = chat.kind === "group" && chat.state === "ready" && (chat.role === "owner" || chat.role === "moderator");
  return (
    <header className={classes["header"]}>
      <ActionIcon component={Link} to="/" size={44} aria-label={t("header.back")} className={classes["back"] ?? ""}>
        <IconArrowLeft size={24} />
      </ActionIcon>
      <UnstyledButton component={Link} to={`/chat/${chat.id}/details`} className={classes["who"] ?? ""} data-testid="open-details">
        <Avatar id={chat.peer ?? chat.id} name={title} group={chat.kind === "group"} />
        <span className={classes["words"]}>
          <Title order={1} size="h4" lineClamp={1} component="span" role="heading" aria-level={1}>
            {title}
          </Title>
          <Text component="span" size="sm" c="dimmed" truncate className={classes["under"] ?? ""}>
            {subtitle(chat, peopleIn(chat, recorder), t)}
            <Standing chat={chat} />
          </Text>
          <VisuallyHidden>{t("header.details")}</VisuallyHidden>
        </span>
      </UnstyledButton>
      {chat.muted && <IconBellOff size={20} role="img" aria-label={t("header.muted")} className={classes["muted"] ?? ""} />}
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon size={44} aria-label={t("header.menu")} data-testid="chat-menu">
            <IconDotsVertical size={22} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item mih={44} leftSection={<IconInfoCircle size={20} />} onClick={() => void navigate({ to: "/chat/$id/details", params: { id: chat.id } })}>
            {t("menu.details")}
          </Menu.Item>
          {manages && (
            <Menu.Item mih={44} leftSection={<IconUserPlus size={20} />} onClick={() => void navigate({ to: "/chat/$id/add", params: { id: chat.id } })}>
              {t("menu.add")}
            </Menu.Item>
          )}
          <Menu.Item mih={44} leftSection={<IconBellOff size={20} />} onClick={() => void mute(chat.id, !chat.muted).catch(() => undefined)}>
            {t(chat.muted ? "menu.unmute" : "menu.mute")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </header>
  );
}
