import { Button, Group, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { Overview } from "../../api/alerting.ts";
import { HealthBadge } from "../../components/Badges.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { Panel } from "../../components/Panel.tsx";

type Row = Overview["connectors"][number];

function HealthLine({ row }: { row: Row }) {
  const { t } = useTranslation("overview");
  return (
    <div data-testid="health-row" data-connector-name={row.name} data-state={row.state}>
      <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <LinkTo to="/connectors/$id" params={{ id: row.id }} strong>
            {row.name}
          </LinkTo>
          <Text size="sm" c="dimmed">
            {t(`kind.${row.kind}`, { defaultValue: row.kind })}
            {row.since && (
              <>
                {" · "}
                <Time at={row.since} />
              </>
            )}
          </Text>
          {row.detail && <Text size="sm">{row.detail}</Text>}
        </div>
        <HealthBadge state={row.state} />
      </Group>
    </div>
  );
}

// What is broken comes first: nobody scrolls to find bad news.
const order = ["down", "degraded", "connecting", "up", "stopped"];

export function ConnectorHealth({ connectors }: { connectors: Row[] }) {
  const { t } = useTranslation("overview");
  const sorted = [...connectors].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  return (
    <Panel title={t("health.title")}>
      {sorted.length === 0 ? (
        <Stack align="flex-start" gap="sm">
          <Text>{t("health.none")}</Text>
          <Button component={Link} to="/connectors/new">
            {t("health.create")}
          </Button>
        </Stack>
      ) : (
        <Stack gap="sm">
          {sorted.map((row) => (
            <HealthLine key={row.id} row={row} />
          ))}
        </Stack>
      )}
    </Panel>
  );
}
