import { Text } from "@mantine/core";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { PersonChange } from "../../api/directory.ts";
import { DataTable } from "../../components/DataTable.tsx";
import { Panel } from "../../components/Panel.tsx";
import { Origin } from "./Origin.tsx";
import { useFieldName } from "./useFieldName.ts";

export function History({ history }: { history: PersonChange[] }) {
  const { t } = useTranslation("persons");
  const { fieldName, valueText } = useFieldName();
  const said = (field: string, text: string): string => (text ? valueText(field, text) : "–");
  return (
    <Panel title={t("history")}>
      {history.length === 0 ? (
        <Text size="sm">{t("noHistory")}</Text>
      ) : (
        <DataTable
          label={t("history")}
          rows={history}
          rowKey={(row) => `${row.at} ${row.field} ${row.to}`}
          columns={[
            { id: "at", header: t("at"), cell: (row) => <Time at={row.at} format="absolute" /> },
            { id: "field", header: t("what"), cell: (row) => fieldName(row.field) },
            { id: "from", header: t("from"), cell: (row) => said(row.field, row.from) },
            { id: "to", header: t("to"), cell: (row) => <strong>{said(row.field, row.to)}</strong> },
            { id: "source", header: t("origin"), cell: (row) => <Origin source={row.source} {...(row.message ? { message: row.message } : {})} /> },
          ]}
        />
      )}
    </Panel>
  );
}
