import { ActionIcon, Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconArrowLeft, IconBellRinging } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { SecondaryNotice } from "@wardline/uikit/components/SecondaryNotice.tsx";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { KeptCard } from "../../store/shelf.ts";
import { AlertCard } from "../alarms/AlertCard.tsx";
import { useBoard } from "../auth/ClientProvider.tsx";
import panes from "../rooms/RoomList.module.css";
import { RoomList } from "../rooms/RoomList.tsx";
import { timelineOf } from "../rooms/roomRows.ts";
import classes from "./RoomPage.module.css";

const page = 30;

function History({ over }: { over: readonly KeptCard[] }) {
  const { t } = useTranslation("room");
  const [shown, setShown] = useState(page);
  if (over.length === 0) return null;
  return (
    <section aria-label={t("history")}>
      <Title order={2} size="h5" mt="md" mb="xs">
        {t("history")}
      </Title>
      <Stack gap="xs">
        {over.slice(0, shown).map((kept) => (
          <AlertCard key={kept.card.alert_id} kept={kept} />
        ))}
        {over.length > shown && (
          <Button variant="default" onClick={() => setShown(shown + page)}>
            {t("older", { count: over.length - shown })}
          </Button>
        )}
      </Stack>
    </section>
  );
}

function Header({ name, unit }: { name: string; unit: string }) {
  const { t } = useTranslation("room");
  return (
    <header className={classes["header"]}>
      <Group gap="xs" wrap="nowrap">
        <ActionIcon component={Link} to="/" aria-label={t("back")} className={classes["back"] ?? ""}>
          <IconArrowLeft size={24} />
        </ActionIcon>
        <div className={classes["name"]}>
          <Title order={1} size="h4" lineClamp={1}>
            {name}
          </Title>
          {unit !== "" && unit !== name && (
            <Text size="sm" c="dimmed" truncate>
              {unit}
            </Text>
          )}
        </div>
      </Group>
      <SecondaryNotice />
    </header>
  );
}

/** RoomPage is the timeline of one alarm room: what is open on top, the rest below. */
export function RoomPage() {
  const { t } = useTranslation("room");
  const { id } = useParams({ from: "/room/$id" });
  const rooms = useBoard("rooms");
  const cards = useBoard("cards");
  const { open, over } = useMemo(() => timelineOf(id, cards.values()), [id, cards]);
  const room = rooms.find((one) => one.id === id);
  return (
    <div className={panes["panes"]}>
      <aside className={`${panes["listPane"]} ${panes["second"]}`}>
        <RoomList current={id} />
      </aside>
      <section className={panes["roomPane"]} aria-label={room?.name ?? t("title")}>
        <Header name={room?.name ?? t("title")} unit={room?.unit.name ?? ""} />
        <div className={classes["timeline"]} data-testid="timeline">
          {open.length + over.length === 0 && (
            <EmptyState icon={IconBellRinging} title={t("empty.title")} hint={t("empty.hint")} />
          )}
          <Stack gap="xs" aria-label={t("open")}>
            {open.map((kept) => (
              <AlertCard key={kept.card.alert_id} kept={kept} />
            ))}
          </Stack>
          <History key={id} over={over} />
        </div>
      </section>
    </div>
  );
}
