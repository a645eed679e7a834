import { Button, Group, Text } from "@mantine/core";
import { IconMailExclamation } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Standing } from "../../alerts/cardView.ts";
import { useBoard, useClient } from "../auth/ClientProvider.tsx";
import { usePerson } from "../auth/usePerson.ts";
import classes from "./BrokenNotice.module.css";
import { StandingNote } from "./StandingNote.tsx";
import { Time } from "@wardline/uikit/components/Time.tsx";
import type { BrokenRecord } from "../../store/schema.ts";

function BrokenCard({ record }: { record: BrokenRecord }) {
  const { t } = useTranslation("alarms");
  const { engine } = useClient();
  const rooms = useBoard("rooms");
  const act = useBoard("acts").get(record.alert);
  const confirmed = useBoard("confirmed").get(record.alert);
  const standing: Standing = {
    buttons: act && !act.stale ? [] : ["accept"],
    waiting: act && !act.stale ? act.act : null,
    stale: act?.stale ? act.act : null,
    note: confirmed?.outcome ?? null,
  };
  // Whoever goes there has noticed it.
  const accept = (): void => {
    void engine.press(record.alert, "accept").then(() => engine.quieten(record.room, record.seq));
  };
  const name = rooms.find(({ id }) => id === record.room)?.name ?? "";
  return (
    <div className={classes["one"]} data-testid="broken-card" data-alert-id={record.alert}>
      <Text>
        {t("broken.one", { room: name })} <Time at={record.at} />
      </Text>
      <StandingNote standing={standing} onAgain={accept} />
      <Group gap="xs">
        {!standing.waiting && standing.note === null && (
          <Button size="sm" variant="default" onClick={accept}>
            {t("act.accept")}
          </Button>
        )}
        {!record.quiet && (
          <Button size="sm" variant="default" onClick={() => void engine.quieten(record.room, record.seq)}>
            {t("broken.noticed")}
          </Button>
        )}
      </Group>
    </div>
  );
}

/** BrokenNotice is loud about calls that could not be opened: something is wrong, and somebody may be waiting. */
export function BrokenNotice() {
  const { t } = useTranslation("alarms");
  const { engine } = useClient();
  const broken = useBoard("broken");
  const garbled = useBoard("garbled");
  const { id } = usePerson();
  const run = useMutation({ mutationKey: ["repair", id], mutationFn: () => engine.repair() });
  if (broken.length === 0 && garbled === 0) return null;
  return (
    <section className={classes["notice"]} role="alert" data-testid="broken-notice" data-count={broken.length}>
      <Group gap="sm">
        <IconMailExclamation size={28} aria-hidden="true" />
        <div className={classes["text"]}>
          <Text fw={700}>{t("broken.title")}</Text>
          <Text size="sm">{t(broken.length > 0 ? "broken.hint" : "broken.garbled", { count: broken.length })}</Text>
        </div>
        {broken.length > 0 && (
          <Button size="sm" loading={run.isPending} onClick={() => run.mutate()} data-testid="broken-repair">
            {t("broken.repair")}
          </Button>
        )}
      </Group>
      {broken.slice(0, 3).map((record) => (
        <BrokenCard key={`${record.room}/${record.seq}`} record={record} />
      ))}
    </section>
  );
}
