import { Drawer, Group, Stack, Text, Title } from "@mantine/core";
import { PriorityBadge } from "@wardline/uikit/components/PriorityBadge.tsx";
import { SecondaryNotice } from "@wardline/uikit/components/SecondaryNotice.tsx";
import { useTranslation } from "react-i18next";
import type { AlertDetail } from "../../api/alerting.ts";
import { ToneBadge } from "../../components/Badges.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Answers } from "./Answers.tsx";
import { useAlert } from "./calls.ts";
import { Dispatches } from "./Dispatches.tsx";
import { Elapsed } from "./Elapsed.tsx";
import { isRunning, priorityOf, toneOf } from "./order.ts";
import { Story } from "./Story.tsx";
import { usePlace } from "./usePlace.ts";

function Detail({ alert }: { alert: AlertDetail }) {
  const { t } = useTranslation("board");
  const place = usePlace();
  return (
    <Stack data-testid="alert-detail" data-state={alert.state}>
      <div>
        <Title order={2} size="h3">
          {alert.text || t("noText")}
        </Title>
        <Text>{[place(alert), alert.caller].filter(Boolean).join(" · ")}</Text>
      </div>
      <Group gap="xs">
        <PriorityBadge priority={priorityOf(alert)} />
        <ToneBadge tone={toneOf(alert.state)} label={t(`state.${alert.state}`)} />
        <Text size="sm">{t("stepOf", { step: alert.step, steps: alert.steps })}</Text>
        <Elapsed since={alert.raised_at} until={isRunning(alert) ? undefined : alert.ended_at} />
      </Group>
      <Text size="sm">
        {t("from")}{" "}
        <LinkTo to="/connectors/$id" params={{ id: alert.connector.id }}>
          {alert.connector.name}
        </LinkTo>
        {" · "}
        {t("byRule", { rule: alert.rule_name })}
      </Text>
      <Story alert={alert} />
      <Dispatches dispatches={alert.dispatches} />
      <Answers answers={alert.answers} />
      <SecondaryNotice />
    </Stack>
  );
}

/** AlertDrawer tells everything about one alert; its id is in the address. */
export function AlertDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation("board");
  const query = useAlert(id);
  return (
    <Drawer
      opened={id !== ""}
      onClose={onClose}
      position="right"
      size="lg"
      title={t("detail")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <QueryView query={query}>{(alert) => <Detail alert={alert} />}</QueryView>
    </Drawer>
  );
}
