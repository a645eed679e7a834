import { Text } from "@mantine/core";
import { IconInbox } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { Message } from "../../api/systems.ts";
import { DataTable, type Column } from "../../components/DataTable.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { LongList } from "../../components/LongList.tsx";
import { useFilters } from "../../components/useFilters.ts";
import { Page } from "../../shell/Page.tsx";
import { filterNames, useMessages } from "./calls.ts";
import { FaultList } from "./FaultList.tsx";
import { FilterBar } from "./FilterBar.tsx";
import { sizeText } from "./rawText.ts";
import { StatusBadge } from "./StatusBadge.tsx";

function useColumns(): Column<Message>[] {
  const { t, i18n } = useTranslation("messages");
  return [
    { id: "received", header: t("received"), cell: (row) => <Time at={row.received} /> },
    {
      id: "type",
      header: t("type"),
      cell: (row) => (
        <LinkTo to="/messages/$id" params={{ id: row.id }} strong>
          {row.type || t("noType")}
        </LinkTo>
      ),
    },
    { id: "control", header: t("controlId"), cell: (row) => <span className="wl-tabular">{row.control_id || "–"}</span> },
    {
      id: "status",
      header: t("statusTitle"),
      cell: (row) => (
        <>
          <StatusBadge status={row.status} />
          {row.fault && (
            <Text size="xs">
              {t(`fault.${row.fault.name}`, { defaultValue: row.fault.name })}
              {row.fault.where && ` (${row.fault.where})`}
            </Text>
          )}
          {(row.repeats ?? 0) > 0 && (
            <Text size="xs" c="dimmed">
              {t("repeats", { count: row.repeats ?? 0 })}
            </Text>
          )}
          {(row.warnings?.length ?? 0) > 0 && (
            <Text size="xs" c="dimmed">
              {t("warnings", { count: row.warnings?.length ?? 0 })}
            </Text>
          )}
        </>
      ),
    },
    { id: "connector", header: t("connector"), cell: (row) => row.connector.name },
    { id: "size", header: t("size"), right: true, cell: (row) => sizeText(row.size, i18n.language) },
  ];
}

export function MessagesPage() {
  const { t } = useTranslation("messages");
  const [filters, change] = useFilters(filterNames);
  const query = useMessages(filters);
  const columns = useColumns();
  return (
    <Page title={t("title")} intro={t("audited")}>
      <FilterBar filters={filters} change={change} />
      <FaultList chosen={filters.fault} change={change} />
      <LongList
        query={query}
        empty={<EmptyState icon={IconInbox} title={t("empty.title")} hint={t("empty.hint")} />}
      >
        {(rows) => (
          <DataTable
            label={t("title")}
            columns={columns}
            rows={rows}
            rowKey={(row) => row.id}
            rowData={(row) => ({
              "data-testid": "message-row",
              "data-message-id": row.id,
              "data-control-id": row.control_id ?? "",
              "data-state": row.status,
            })}
          />
        )}
      </LongList>
    </Page>
  );
}
