import { SimpleGrid, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Overview } from "../../api/alerting.ts";
import { LinkTo } from "../../components/LinkTo.tsx";
import { Panel } from "../../components/Panel.tsx";
import { duration } from "./todoLink.ts";

function Figure({ name, value, hint }: { name: string; value: string | number; hint?: ReactNode }) {
  return (
    <div>
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <Text fz={26} fw={650} lh={1.2} className="wl-tabular">
        {value}
      </Text>
      {hint && <Text size="sm">{hint}</Text>}
    </div>
  );
}

/** Numbers holds only figures somebody acts on, each of the last 24 hours or of now. */
export function Numbers({ overview }: { overview: Overview }) {
  const { t, i18n } = useTranslation("overview");
  const { alerts, accounts, persons } = overview;
  // Without an accepted alert there is nothing to measure; 0 ms would be a boast.
  const took = (ms: number): string =>
    alerts.accepted_24h + alerts.running + alerts.exhausted_24h > 0 && ms > 0
      ? duration(ms, i18n.language)
      : "–";
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }}>
      <Panel title={t("alerts.title")}>
        <SimpleGrid cols={{ base: 2, sm: 3 }}>
          <Figure
            name={t("alerts.running")}
            value={alerts.running}
            hint={<LinkTo to="/board">{t("alerts.board")}</LinkTo>}
          />
          <Figure name={t("alerts.accepted")} value={alerts.accepted_24h} />
          <Figure name={t("alerts.exhausted")} value={alerts.exhausted_24h} />
          <Figure name={t("alerts.firstDevice")} value={took(alerts.p99_first_device_ms_24h)} hint={t("alerts.firstDeviceHint")} />
          <Figure name={t("alerts.accept")} value={took(alerts.p50_accept_ms_24h)} hint={t("alerts.acceptHint")} />
        </SimpleGrid>
      </Panel>
      <Panel title={t("staff.title")}>
        <SimpleGrid cols={{ base: 2, sm: 3 }}>
          <Figure name={t("staff.active")} value={persons.active} />
          <Figure name={t("staff.accounts")} value={accounts.active} />
          <Figure name={t("staff.invited")} value={accounts.invited} />
          <Figure name={t("staff.locked")} value={accounts.locked} />
          <Figure name={t("staff.messages")} value={overview.raw_last_hour} />
        </SimpleGrid>
      </Panel>
    </SimpleGrid>
  );
}
