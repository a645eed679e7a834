import { Switch, Text, Title, UnstyledButton } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Chat } from "../../chat/model.ts";
import { useChat, useChatActions } from "../../chat/useChat.ts";
import { Avatar } from "../chat/Avatar.tsx";
import { chatTitle } from "../chat/chatTitle.ts";
import { tellFailure } from "../chat/tellFailure.ts";
import classes from "./Details.module.css";
import { Leave } from "./Leave.tsx";
import { mayManage, Members } from "./Members.tsx";
import { Rename } from "./Rename.tsx";
import { Side } from "./Side.tsx";

function Mute({ chat }: { chat: Chat }) {
  const { t } = useTranslation("details");
  const { mute } = useChatActions();
  const run = useMutation({ mutationFn: (muted: boolean) => mute(chat.id, muted), onError: tellFailure });
  return (
    <Switch
      size="md"
      label={t("mute.title")}
      description={t("mute.hint")}
      checked={run.isPending ? run.variables : chat.muted}
      onChange={(change) => run.mutate(change.currentTarget.checked)}
      data-testid="mute"
    />
  );
}

function Safety({ room, user }: { room: string; user: string }) {
  const { t } = useTranslation("details");
  return (
    <UnstyledButton component={Link} to={`/chat/${room}/safety/${user}`} className={classes["action"] ?? ""} data-testid="open-safety">
      <IconShieldCheck size={24} color="var(--wl-accent)" aria-hidden="true" />
      <Text component="span" fw={600}>
        {t("safety.title")}
      </Text>
    </UnstyledButton>
  );
}

function Details({ chat }: { chat: Chat }) {
  const { t } = useTranslation("details");
  const { t: words } = useTranslation("chat");
  const title = chatTitle(chat, words);
  return (
    <Side title={t("title")} room={chat.id} back="close">
      <div className={classes["body"]}>
        <div className={classes["who"]}>
          <Avatar id={chat.peer ?? chat.id} name={title} group={chat.kind === "group"} size={84} />
          <Title order={2} size="h3">
            {title}
          </Title>
          {mayManage(chat) && <Rename chat={chat} />}
        </div>
        {chat.state !== "left" && <Mute chat={chat} />}
        {chat.peer && <Safety room={chat.id} user={chat.peer} />}
        {chat.state !== "left" && <Members chat={chat} />}
        <Text size="sm" c="dimmed">
          {t("encrypted")}
        </Text>
        {chat.kind === "group" && chat.state !== "left" && <Leave chat={chat} />}
      </div>
    </Side>
  );
}

/** DetailsPage: who is in the room, and everything that can be changed about it. */
export function DetailsPage() {
  const { id } = useParams({ from: "/chat/$id" });
  const chat = useChat((state) => state.chats.find((one) => one.id === id));
  return chat ? <Details key={id} chat={chat} /> : null;
}
