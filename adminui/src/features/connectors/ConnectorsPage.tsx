import { Button, Text } from "@mantine/core";
import { IconArrowsExchange, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { Connector } from "../../api/systems.ts";
import { HealthBadge } from "../../components/Badges.tsx";
import { DataTable, type Column } from "../../components/DataTable.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Page } from "../../shell/Page.tsx";
import { useConnectors } from "./calls.ts";
import { EnabledSwitch } from "./EnabledSwitch.tsx";
import { hubText } from "./hubText.ts";

function useColumns(): Column<Connector>[] {
  const { t, i18n } = useTranslation("connectors");
  const number = (value: number): string => value.toLocaleString(i18n.language);
  return [
    {
      id: "name",
      header: t("name"),
      cell: (row) => (
        <>
          <LinkTo to="/connectors/$id" params={{ id: row.id }} strong>
            {row.name}
          </LinkTo>
          <Text size="xs" c="dimmed">
            {t(`kind.${row.kind}`, { defaultValue: row.kind })}
          </Text>
        </>
      ),
    },
    {
      id: "health",
      header: t("state"),
      cell: (row) => (
        <>
          <HealthBadge state={row.health.state} />
          {row.health.detail && <Text size="xs">{hubText(row.health.detail, t)}</Text>}
        </>
      ),
    },
    { id: "since", header: t("since"), cell: (row) => (row.health.since ? <Time at={row.health.since} /> : "–") },
    { id: "received", header: t("received"), right: true, cell: (row) => number(row.counters.received) },
    { id: "applied", header: t("applied"), right: true, cell: (row) => number(row.counters.applied) },
    {
      id: "errors",
      header: t("errors"),
      right: true,
      cell: (row) =>
        row.counters.errors > 0 ? (
          <LinkTo to="/messages" search={{ connector: row.id, status: "error" }}>
            {number(row.counters.errors)}
          </LinkTo>
        ) : (
          0
        ),
    },
    { id: "duplicates", header: t("duplicates"), right: true, cell: (row) => number(row.counters.duplicates) },
    {
      id: "held",
      header: t("held"),
      right: true,
      cell: (row) =>
        row.counters.held > 0 ? <LinkTo to="/plans">{number(row.counters.held)}</LinkTo> : 0,
    },
    { id: "last", header: t("last"), cell: (row) => (row.counters.last_at ? <Time at={row.counters.last_at} /> : t("never")) },
    { id: "enabled", header: t("enabled"), cell: (row) => <EnabledSwitch connector={row} /> },
  ];
}

export function ConnectorsPage() {
  const { t } = useTranslation("connectors");
  const query = useConnectors();
  const columns = useColumns();
  const create = (
    <Button
      renderRoot={(props) => <Link {...props} to="/connectors/new" />}
      leftSection={<IconPlus size={18} aria-hidden="true" />}
      data-testid="connector-new"
    >
      {t("create")}
    </Button>
  );
  return (
    <Page title={t("title")} intro={t("intro")} actions={create}>
      <QueryView query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <div className="wl-surface">
              <EmptyState icon={IconArrowsExchange} title={t("empty.title")} hint={t("empty.hint")} />
            </div>
          ) : (
            <DataTable
              label={t("title")}
              columns={columns}
              rows={items}
              rowKey={(row) => row.id}
              rowData={(row) => ({
                "data-testid": "connector-row",
                "data-connector-name": row.name,
                "data-state": row.health.state,
              })}
            />
          )
        }
      </QueryView>
    </Page>
  );
}
