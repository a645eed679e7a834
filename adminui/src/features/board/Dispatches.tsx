import { Text, Title } from "@mantine/core";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { AlertDetail } from "../../api/alerting.ts";
import { DataTable } from "../../components/DataTable.tsx";

/** Dispatches says of each person called how far the notification has come. */
export function Dispatches({ dispatches }: { dispatches: AlertDetail["dispatches"] }) {
  const { t } = useTranslation("board");
  return (
    <section>
      <Title order={3} size="h5" mb="xs">
        {t("dispatches")}
      </Title>
      {dispatches.length === 0 ? (
        <Text size="sm">{t("nobodyCalled")}</Text>
      ) : (
        <DataTable
          label={t("dispatches")}
          rows={dispatches}
          rowKey={(row) => `${row.step} ${row.user.id}`}
          rowData={(row) => ({ "data-testid": "dispatch-row", "data-state": row.state })}
          columns={[
            { id: "step", header: t("step"), cell: (row) => row.step + 1 },
            { id: "name", header: t("person"), cell: (row) => row.user.name },
            {
              id: "state",
              header: t("state.title"),
              cell: (row) => t(`dispatch.${row.state}`, { defaultValue: row.state }),
            },
            { id: "at", header: t("changed"), cell: (row) => <Time at={row.changed} /> },
          ]}
        />
      )}
    </section>
  );
}
