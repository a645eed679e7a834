import { useMediaQuery } from "@mantine/hooks";
import { IconMessageOff } from "@tabler/icons-react";
import { Outlet, useMatches, useParams } from "@tanstack/react-router";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { PagePending } from "@wardline/uikit/components/PagePending.tsx";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Chat, TextEntry } from "../../chat/model.ts";
import { useChat, useChatActions } from "../../chat/useChat.ts";
import { LinkPanel } from "../linking/LinkPanel.tsx";
import panes from "../rooms/RoomList.module.css";
import { RoomList } from "../rooms/RoomList.tsx";
import type { MessageActs } from "./acts.ts";
import { ChatHeader } from "./ChatHeader.tsx";
import classes from "./ChatPage.module.css";
import { chatTitle } from "./chatTitle.ts";
import { Composer } from "./Composer.tsx";
import { InfoSheet } from "./InfoSheet.tsx";
import { Timeline } from "./Timeline.tsx";
import { tellFailure } from "./tellFailure.ts";
import { Warnings } from "./Warnings.tsx";

function Conversation({ chat, hidden }: { chat: Chat; hidden: boolean }) {
  const { t } = useTranslation("chat");
  const actions = useChatActions();
  const field = useRef<HTMLTextAreaElement>(null);
  const [info, setInfo] = useState<TextEntry | null>(null);
  const { id, role } = chat;
  const acts = useMemo<MessageActs>(
    () => ({
      info: setInfo,
      confirm: (entry) => void actions.confirm(id, entry.id).catch(tellFailure),
      retry: (entry) => void actions.retry(id, entry.id).catch(tellFailure),
      discard: (entry) => void actions.discard(id, entry.id).catch(tellFailure),
      reads: role === "reader",
    }),
    [actions, id, role],
  );
  return (
    <section className={classes["conversation"]} aria-label={chatTitle(chat, t)} inert={hidden} data-testid="conversation" data-room-id={id} data-state={chat.state}>
      <ChatHeader chat={chat} />
      <Warnings chat={chat} />
      <Timeline chat={chat} acts={acts} />
      <Composer chat={chat} field={field} />
      {info && <InfoSheet chat={chat} entry={info} onClose={() => setInfo(null)} />}
    </section>
  );
}

function Missing() {
  const { t } = useTranslation("chat");
  return <EmptyState icon={IconMessageOff} title={t("missing.title")} hint={t("missing.hint")} />;
}

function Shown({ id }: { id: string }) {
  const chat = useChat((state) => state.chats.find((one) => one.id === id));
  const loaded = useChat((state) => state.loaded);
  const link = useChat((state) => state.link);
  // The third pane, or what lies over the conversation where there is no room for one.
  const side = useMatches({ select: (shown) => shown.some(({ routeId }) => routeId.startsWith("/chat/$id/")) });
  const narrow = useMediaQuery("(max-width: 79.99em)", false, { getInitialValueInEffect: false });
  if (link.step === "pending") return <LinkPanel link={link} />;
  if (!chat) return loaded ? <Missing /> : <PagePending />;
  return (
    <div className={classes["page"]} data-side={side || undefined}>
      <Conversation key={id} chat={chat} hidden={side && narrow} />
      {side && (
        <div className={classes["side"]}>
          <Outlet />
        </div>
      )}
    </div>
  );
}

/** ChatPage is one conversation beside the list of all. */
export function ChatPage() {
  const { id } = useParams({ from: "/chat/$id" });
  return (
    <div className={panes["panes"]} data-fixed>
      <aside className={`${panes["listPane"]} ${panes["second"]}`}>
        <RoomList current={id} />
      </aside>
      <div className={panes["roomPane"]}>
        <Shown id={id} />
      </div>
    </div>
  );
}
