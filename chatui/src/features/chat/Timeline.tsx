import { Text, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { IconArrowDown } from "@tabler/icons-react";
import { PagePending } from "@wardline/uikit/components/PagePending.tsx";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import type { Chat, Timeline as Window } from "../../chat/model.ts";
import { useChatActions, useTimeline, type TimelineView } from "../../chat/useChat.ts";
import type { MessageActs } from "./acts.ts";
import { dayText } from "./dayText.ts";
import { Message } from "./Message.tsx";
import { isMine, rowsOf, type Row } from "./rows.ts";
import classes from "./Timeline.module.css";
import { useFollow } from "./useFollow.ts";
import { useNames } from "./useNames.ts";
import { useRoving } from "./useRoving.ts";

/** Says what arrives while the room is open; older pages are no news. */
function Arrivals({ rows }: { rows: readonly Row[] }) {
  const { t } = useTranslation("chat");
  const names = useNames();
  const [said, setSaid] = useState("");
  const before = useRef<string | null>(null);
  const last = rows.at(-1)?.entry;
  useEffect(() => {
    const known = before.current;
    before.current = last?.id ?? null;
    if (known === null || !last || last.id === known || last.kind !== "text" || isMine(last)) return;
    setSaid(t("arrived", { name: names.of(last.user), text: last.text }));
  }, [last, names, t]);
  return <VisuallyHidden role="status">{said}</VisuallyHidden>;
}

function FloatingDay({ row }: { row: Row | undefined }) {
  const { i18n } = useTranslation("chat");
  if (!row || row.day) return null;
  return (
    <span className={classes["floating"]} aria-hidden="true" data-testid="floating-day">
      {dayText(new Date(row.entry.at), new Date(), i18n.language)}
    </span>
  );
}

function Jump({ count, onClick }: { count: number; onClick: () => void }) {
  const { t } = useTranslation("chat");
  return (
    <UnstyledButton className={classes["jump"] ?? ""} onClick={onClick} aria-label={t("jump", { count })} data-testid="jump">
      <IconArrowDown size={22} aria-hidden="true" />
      {count > 0 && <span aria-hidden="true">{count}</span>}
    </UnstyledButton>
  );
}

interface Props {
  chat: Chat;
  acts: MessageActs;
}

/** Timeline is the conversation; only what is near the screen is in the document. */
export function Timeline({ chat, acts }: Props) {
  const view = useTimeline(chat.id);
  if (!view.timeline) return <div className={classes["frame"]}><PagePending /></div>;
  return <Loaded chat={chat} acts={acts} view={view} timeline={view.timeline} />;
}

function Loaded({ chat, acts, view, timeline }: Props & { view: TimelineView; timeline: Window }) {
  const { t } = useTranslation("chat");
  const { markRead } = useChatActions();
  const list = useRef<VirtualizerHandle>(null);
  const scroll = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => rowsOf(timeline), [timeline]);
  const read = useCallback(
    (seq: number) => {
      if (seq > chat.readSeq) markRead(chat.id, seq);
    },
    [markRead, chat.id, chat.readSeq],
  );
  const { hasOlder, hasNewer } = timeline;
  const follow = useFollow({ list, scroll, rows, hasOlder, hasNewer, older: view.older, newer: view.newer, read });
  const roving = useRoving(list, scroll, rows);
  const [menu, setMenu] = useState<string | null>(null);
  const closeMenu = (open: string | null): void => {
    setMenu(open);
    if (open === null) roving.refocus();
  };
  const jump = async (): Promise<void> => {
    if (hasNewer) await view.toEnd();
    follow.toEnd();
  };
  return (
    <div className={classes["frame"]} data-testid="chat-timeline">
      <div ref={scroll} className={classes["scroll"]} {...(rows.length > 0 ? { role: "feed", "aria-label": t("timeline") } : {})} onKeyDown={roving.onKeyDown} data-scroll>
        <div className={classes["push"]} />
        {rows.length === 0 && (
          <Text size="sm" c="dimmed" className={classes["intro"] ?? ""} data-testid="no-messages">
            {t("intro")}
          </Text>
        )}
        <Virtualizer
          ref={list}
          scrollRef={scroll}
          data={rows}
          shift={follow.shift}
          keepMounted={roving.kept}
          onScroll={follow.scrolled}
          onResize={follow.resized}
        >
          {(row, at) => (
            <Message
              key={row.entry.id}
              row={row}
              group={chat.kind === "group"}
              begins={at === 0 && !hasOlder}
              active={at === roving.at}
              menu={menu === row.entry.id}
              onMenu={closeMenu}
              onActive={roving.enter}
              acts={acts}
            />
          )}
        </Virtualizer>
      </div>
      {!follow.atEnd && <FloatingDay row={rows[follow.first]} />}
      {(!follow.atEnd || hasNewer) && <Jump count={chat.unread} onClick={() => void jump()} />}
      <Arrivals rows={rows} />
    </div>
  );
}
