import { useTranslation } from "react-i18next";
import type { Connector } from "../../api/systems.ts";
import { DataTable } from "../../components/DataTable.tsx";

/** Figures shows what a connector has counted, its own named counters included. */
export function Figures({ connector }: { connector: Connector }) {
  const { t, i18n } = useTranslation("connectors");
  const { received, applied, errors, duplicates, held } = connector.counters;
  const stored = Object.entries({ received, applied, errors, duplicates, held }).map(
    ([name, count]) => ({ name: t(name), count }),
  );
  const named = Object.entries(connector.counts?.named ?? {})
    .sort()
    .map(([name, count]) => ({ name: t(`counter.${name}`, { defaultValue: name }), count }));
  return (
    <DataTable
      label={t("tab.figures")}
      rows={[...stored, { name: t("peers"), count: connector.health.peers ?? 0 }, ...named]}
      rowKey={(row) => row.name}
      columns={[
        { id: "name", header: t("figure"), cell: (row) => row.name },
        { id: "count", header: t("count"), right: true, cell: (row) => row.count.toLocaleString(i18n.language) },
      ]}
    />
  );
}
