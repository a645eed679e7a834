import { ActionIcon, Button, CloseButton, SegmentedControl, Text, TextInput, Title } from "@mantine/core";
import { IconMessagePlus, IconMessages, IconSearch } from "@tabler/icons-react";
import { Link, useLocation } from "@tanstack/react-router";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { PagePending } from "@wardline/uikit/components/PagePending.tsx";
import { SecondaryNotice } from "@wardline/uikit/components/SecondaryNotice.tsx";
import { useEffect, useRef, useState, type KeyboardEvent, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { useChat } from "../../chat/useChat.ts";
import { useBoard } from "../auth/ClientProvider.tsx";
import { stepOf } from "../chat/useRoving.ts";
import { FoundPeople } from "../people/FoundPeople.tsx";
import { LinkHint } from "../linking/LinkHint.tsx";
import { AlarmRoomRow } from "./AlarmRoomRow.tsx";
import { ChatRoomRow } from "./ChatRoomRow.tsx";
import { filterRows, type ListRow, type Tab } from "./listRows.ts";
import classes from "./RoomList.module.css";
import { useListRows } from "./useListRows.ts";

/** The hash that asks for the search field, from any page. */
export const searchHash = "suche";

function useSearchFocus(field: RefObject<HTMLInputElement | null>): void {
  const { hash, state } = useLocation();
  // The state changes with every navigation: asked for again, it is focused again.
  useEffect(() => {
    if (hash === searchHash) field.current?.select();
  }, [hash, state, field]);
}

function Rows({ rows, current }: { rows: readonly ListRow[]; current: string | undefined }) {
  const { t } = useTranslation("rooms");
  const list = useRef<HTMLUListElement>(null);
  const [active, setActive] = useState<string | null>(null);
  const stop = [active, current].find((id) => rows.some((row) => row.id === id)) ?? rows[0]?.id;

  const move = (stroke: KeyboardEvent): void => {
    if (stroke.altKey || stroke.ctrlKey || stroke.metaKey || stroke.shiftKey) return;
    const at = rows.findIndex(({ id }) => id === stop);
    const to = stepOf(stroke.key, at, rows.length);
    const id = to === null ? undefined : rows[to]?.id;
    if (id === undefined) return;
    stroke.preventDefault();
    setActive(id);
    list.current?.querySelector<HTMLElement>(`[data-room-id="${CSS.escape(id)}"]`)?.focus();
  };
  return (
    <ul ref={list} className={classes["list"]} aria-label={t("title")} onKeyDown={move}>
      {rows.map((row) => (
        <li key={row.id} onFocus={() => setActive(row.id)}>
          {row.kind === "alarm" ? (
            <AlarmRoomRow row={row.alarm} current={row.id === current} tabbable={row.id === stop} />
          ) : (
            <ChatRoomRow chat={row.chat} title={row.title} current={row.id === current} tabbable={row.id === stop} />
          )}
        </li>
      ))}
    </ul>
  );
}

function Nothing({ tab, query }: { tab: Tab; query: string }) {
  const { t } = useTranslation("rooms");
  const stream = useBoard("stream");
  const loaded = useChat((state) => state.loaded);
  const filtered = tab === "unread" || query !== "";
  if (filtered) {
    return (
      <Text c="dimmed" ta="center" p="lg" role="status" data-testid="nothing-found">
        {t(query !== "" ? "none.query" : "none.unread")}
      </Text>
    );
  }
  if (!loaded && stream?.phase !== "live") return <PagePending />;
  return <EmptyState icon={IconMessages} title={t("empty.title")} hint={t("empty.hint")} />;
}

function NewChat() {
  const { t } = useTranslation("rooms");
  return (
    <>
      <Button component={Link} to="/new" leftSection={<IconMessagePlus size={20} />} size="sm" h={44} visibleFrom="xs" aria-keyshortcuts="Alt+N" data-testid="new-chat">
        {t("new")}
      </Button>
      <ActionIcon component={Link} to="/new" size={44} variant="filled" color="ward.8" hiddenFrom="xs" aria-label={t("new")} data-testid="new-chat-small">
        <IconMessagePlus size={24} />
      </ActionIcon>
    </>
  );
}

interface Props {
  /** The room that is open beside the list. */
  current?: string;
  /** The list is the page itself, not a pane beside it. */
  page?: boolean;
}

/** RoomList holds conversations and alarm rooms; running alarms stand on top. */
export function RoomList({ current, page = false }: Props) {
  const { t } = useTranslation("rooms");
  const all = useListRows();
  const certified = useChat((state) => state.link.step === "certified");
  const [tab, setTab] = useState<Tab>("all");
  const [query, setQuery] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useSearchFocus(field);
  const rows = filterRows(all, tab, query);
  return (
    <>
      <div className={classes["head"]}>
        <div className={classes["titleRow"]}>
          <Title order={page ? 1 : 2} size="h3">
            {t("title")}
          </Title>
          {certified && <NewChat />}
        </div>
        <TextInput
          ref={field}
          type="search"
          size="md"
          aria-label={t("search")}
          placeholder={t("search")}
          leftSection={<IconSearch size={18} aria-hidden="true" />}
          rightSection={query !== "" && <CloseButton size={40} aria-label={t("clear")} onClick={() => setQuery("")} />}
          value={query}
          onChange={(change) => setQuery(change.currentTarget.value)}
          onKeyDown={(stroke) => {
            if (stroke.key !== "Escape" || query === "") return;
            stroke.preventDefault();
            stroke.stopPropagation();
            setQuery("");
          }}
          aria-keyshortcuts="Control+K"
          data-testid="room-search"
        />
        <SegmentedControl
          fullWidth
          size="sm"
          aria-label={t("tabs")}
          classNames={{ label: classes["tab"] ?? "" }}
          value={tab}
          onChange={(next) => setTab(next as Tab)}
          data={[
            { value: "all", label: t("tab.all") },
            { value: "unread", label: t("tab.unread") },
          ]}
          data-testid="room-tabs"
        />
        <SecondaryNotice />
      </div>
      <LinkHint />
      {rows.length > 0 ? <Rows rows={rows} current={current} /> : <Nothing tab={tab} query={query} />}
      {certified && query.trim().length > 1 && <FoundPeople query={query} />}
    </>
  );
}
