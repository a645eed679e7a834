import { Drawer, Group, Stack, Text, Title } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { ErrorState } from "@wardline/uikit/components/ErrorState.tsx";
import { PagePending } from "@wardline/uikit/components/PagePending.tsx";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { Chat, TextEntry } from "../../chat/model.ts";
import { useChatActions } from "../../chat/useChat.ts";
import { usePerson } from "../auth/usePerson.ts";
import { membersKey } from "../details/keys.ts";
import { Avatar } from "./Avatar.tsx";
import { reachedBy, type Reached } from "./reached.ts";
import { Ticks } from "./Ticks.tsx";
import { useNames } from "./useNames.ts";

interface Props {
  chat: Chat;
  entry: TextEntry;
  onClose: () => void;
}

// A sheet that stays open shows who reads meanwhile.
const againMs = 4_000;

function Reachers({ title, people }: { title: string; people: readonly Reached[] }) {
  const names = useNames();
  if (people.length === 0) return null;
  return (
    <section aria-label={title}>
      <Title order={3} size="h6" mb={6}>
        {title} ({people.length})
      </Title>
      <Stack gap={8} component="ul" p={0} m={0} style={{ listStyle: "none" }}>
        {people.map(({ user, at }) => (
          <Group key={user} component="li" gap="sm" wrap="nowrap" data-testid="receipt" data-user={user}>
            <Avatar id={user} name={names.of(user)} size={34} />
            <Text flex={1} truncate>
              {names.of(user)}
            </Text>
            {at && (
              <Text size="sm" c="dimmed">
                <Time at={at} format="absolute" />
              </Text>
            )}
          </Group>
        ))}
      </Stack>
    </section>
  );
}

function Content({ chat, entry }: Omit<Props, "onClose">) {
  const { t } = useTranslation("chat");
  const { id: me } = usePerson();
  const { receipts, members } = useChatActions();
  const { id: room } = chat;
  const seq = entry.seq ?? 0;
  const list = useQuery({ queryKey: membersKey(room), queryFn: () => members(room) });
  const times = useQuery({ queryKey: ["receipts", room, seq], queryFn: () => receipts(room, seq), refetchInterval: againMs });
  const error = list.error ?? times.error;
  if (error) return <ErrorState error={error} onRetry={() => void Promise.all([list.refetch(), times.refetch()])} />;
  if (!list.data || !times.data) return <PagePending />;
  const reached = reachedBy(list.data, times.data, entry, me);
  return (
    <Stack>
      {entry.prio === 2 && (
        <>
          <Text fw={650} c={reached.open.length > 0 ? "var(--wl-priority-emergency)" : "inherit"} role="status">
            {reached.open.length > 0 ? t("urgent.open", { count: reached.open.length }) : t("urgent.allConfirmed")}
          </Text>
          <Reachers title={t("info.confirmed")} people={reached.confirmed} />
          <Reachers title={t("info.open")} people={reached.open} />
        </>
      )}
      <Reachers title={t("info.read")} people={reached.read} />
      <Reachers title={t("info.delivered")} people={reached.delivered} />
      <Reachers title={t("info.sent")} people={reached.sent} />
    </Stack>
  );
}

/** InfoSheet says of an own message who has it, who has read it and who has confirmed it, and when. */
export function InfoSheet({ chat, entry, onClose }: Props) {
  const { t } = useTranslation("chat");
  const narrow = useMediaQuery("(max-width: 59.99em)", false, { getInitialValueInEffect: false });
  return (
    <Drawer opened onClose={onClose} position={narrow ? "bottom" : "right"} size={narrow ? "75%" : 420} title={t("info.title")} closeButtonProps={{ "aria-label": t("info.close") }} data-testid="info-sheet">
      <Stack>
        <Text lineClamp={3} style={{ whiteSpace: "pre-wrap" }}>
          {entry.text}
        </Text>
        <Group gap={6}>
          <Text size="sm" c="dimmed">
            <Time at={entry.at} format="absolute" /> · {t(`delivery.${entry.delivery}`)}
          </Text>
          <span style={{ display: "flex" }}>
            <Ticks delivery={entry.delivery} />
          </span>
        </Group>
        <Content chat={chat} entry={entry} />
      </Stack>
    </Drawer>
  );
}
