import { Button, Group, Loader, Text } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconCloudOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Standing } from "../../alerts/cardView.ts";
import type { Outcome } from "../../alerts/actSender.ts";
import type { Act } from "../../store/schema.ts";
import { useBoard } from "../auth/ClientProvider.tsx";

function Waiting({ act }: { act: Act }) {
  const { t } = useTranslation("alarms");
  const live = useBoard("stream")?.phase === "live";
  return (
    <Group gap="xs" wrap="nowrap" role="status" data-testid="act-pending" data-act={act}>
      {live ? <Loader size="sm" /> : <IconCloudOff size={22} aria-hidden="true" style={{ flex: "none" }} />}
      <div>
        <Text fw={650}>{t(live ? "sending" : "notSent", { act: t(`act.${act}`) })}</Text>
        {!live && <Text size="sm">{t(`notSentHint.${act}`)}</Text>}
      </div>
    </Group>
  );
}

function noteKey({ answered }: Outcome): string {
  if (answered.kind === "taken") return answered.by.length > 0 ? "taken" : "takenBySomebody";
  return answered.kind;
}

function Note({ outcome }: { outcome: Outcome }) {
  const { t } = useTranslation("alarms");
  const { answered, act } = outcome;
  const names = answered.kind === "taken" ? answered.by.join(", ") : "";
  const good = answered.kind === "done";
  return (
    <Group gap="xs" wrap="nowrap" role="status" data-testid="act-note" data-kind={answered.kind}>
      {good ? <IconCircleCheck size={22} aria-hidden="true" style={{ flex: "none" }} /> : <IconAlertTriangle size={22} aria-hidden="true" style={{ flex: "none" }} />}
      <Text fw={650}>{good ? t(`done.${act}`) : t(`note.${noteKey(outcome)}`, { names })}</Text>
    </Group>
  );
}

interface Props {
  standing: Standing;
  onAgain: (act: Act) => void;
}

/** StandingNote says what became of what the person pressed, and never more than the hub has said. */
export function StandingNote({ standing, onAgain }: Props) {
  const { t } = useTranslation("alarms");
  const { waiting, stale, note } = standing;
  if (waiting) return <Waiting act={waiting} />;
  if (stale && standing.buttons.includes(stale)) {
    return (
      <Group gap="xs" role="alert" data-testid="act-stale">
        <Text fw={650}>{t("stale", { act: t(`act.${stale}`) })}</Text>
        <Button size="sm" variant="default" onClick={() => onAgain(stale)}>
          {t("again")}
        </Button>
      </Group>
    );
  }
  return note ? <Note outcome={note} /> : null;
}
