import { Badge, Button, Group, Paper, Text } from "@mantine/core";
import { IconArrowsExchange, IconUserCheck, IconUserOff } from "@tabler/icons-react";
import type { UseMutationResult } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { DutyOffer, DutyRole } from "../../client/paths.ts";
import classes from "./Duty.module.css";
import type { DutyStep } from "./dutyApi.ts";

type Step = UseMutationResult<void, Error, DutyStep>;

function OnDuty({ role }: { role: DutyRole }) {
  const { t } = useTranslation("duty");
  const names = (role.on_duty ?? []).map(({ name }) => name);
  if (names.length === 0) {
    return (
      <Text c="var(--mantine-color-error)" fw={600}>
        {t("nobody")}
      </Text>
    );
  }
  return <Text size="sm">{t("who", { names: names.join(", ") })}</Text>;
}

interface Props {
  role: DutyRole;
  /** A hand-over of one's own that waits for an answer. */
  offer: DutyOffer | null;
  step: Step;
  onGive: () => void;
}

export function RoleCard({ role, offer, step, onGive }: Props) {
  const { t } = useTranslation("duty");
  const busy = step.isPending;
  const release = (): void => step.mutate({ do: "release", role: role.id, force: false });
  return (
    <Paper
      component="section"
      className={`wl-surface ${classes["role"]}`}
      data-mine={role.mine}
      data-testid="duty-role"
      data-role-id={role.id}
      aria-label={role.name}
    >
      <Group justify="space-between" gap="xs">
        <div>
          <Text fw={650} size="lg">
            {role.name}
          </Text>
          <Text size="sm" c="dimmed">
            {role.unit.name}
          </Text>
        </div>
        {role.mine && <Badge size="lg">{t("mine")}</Badge>}
      </Group>
      <OnDuty role={role} />
      {offer && (
        <Group gap="xs">
          <Text size="sm">{t("offered", { name: offer.to?.name ?? "" })}</Text>
          <Button
            size="xs"
            variant="default"
            onClick={() => step.mutate({ do: "answer", offer: offer.id, answer: "withdraw" })}
          >
            {t("withdraw")}
          </Button>
        </Group>
      )}
      <div className={classes["buttons"]}>
        {!role.mine && role.may_take && (
          <Button
            leftSection={<IconUserCheck size={20} />}
            disabled={busy}
            onClick={() => step.mutate({ do: "take", role: role.id })}
            data-testid="duty-toggle"
          >
            {t("take")}
          </Button>
        )}
        {role.mine && !offer && (
          <Button leftSection={<IconArrowsExchange size={20} />} disabled={busy} onClick={onGive} data-testid="duty-give">
            {t("give")}
          </Button>
        )}
        {role.mine && (
          <Button
            variant="default"
            leftSection={<IconUserOff size={20} />}
            disabled={busy}
            onClick={release}
            data-testid="duty-toggle"
          >
            {t("release")}
          </Button>
        )}
      </div>
    </Paper>
  );
}
