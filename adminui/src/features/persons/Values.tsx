import { Text } from "@mantine/core";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { PersonValue } from "../../api/directory.ts";
import { DataTable } from "../../components/DataTable.tsx";
import { Panel } from "../../components/Panel.tsx";
import { Origin } from "./Origin.tsx";

export function Values({ values }: { values: PersonValue[] }) {
  const { t } = useTranslation("persons");
  return (
    <Panel title={t("values")}>
      {values.length === 0 ? (
        <Text size="sm">{t("noValues")}</Text>
      ) : (
        <DataTable
          label={t("values")}
          rows={values}
          rowKey={(row) => `${row.field} ${row.source.id} ${row.text}`}
          rowData={(row) => ({ "data-testid": "value-row", "data-field": row.field })}
          columns={[
            { id: "field", header: t("what"), cell: (row) => t(`field.${row.field}`, { defaultValue: row.field }) },
            { id: "text", header: t("value"), cell: (row) => <strong>{row.text || "–"}</strong> },
            { id: "source", header: t("origin"), cell: (row) => <Origin source={row.source} {...(row.message ? { message: row.message } : {})} /> },
            { id: "at", header: t("at"), cell: (row) => <Time at={row.at} /> },
          ]}
        />
      )}
    </Panel>
  );
}
