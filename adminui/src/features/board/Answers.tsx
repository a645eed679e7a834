import { Text, Title } from "@mantine/core";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { AlertDetail } from "../../api/alerting.ts";
import { ToneBadge } from "../../components/Badges.tsx";
import { DataTable } from "../../components/DataTable.tsx";

/** Answers is what the source was told, and what still waits to be told. */
export function Answers({ answers }: { answers: AlertDetail["answers"] }) {
  const { t } = useTranslation("board");
  return (
    <section>
      <Title order={3} size="h5" mb="xs">
        {t("answers")}
      </Title>
      {answers.length === 0 ? (
        <Text size="sm">{t("noAnswers")}</Text>
      ) : (
        <DataTable
          label={t("answers")}
          rows={answers}
          rowKey={(row) => `${row.kind} ${row.at}`}
          rowData={(row) => ({
            "data-testid": "answer-row",
            "data-kind": row.kind,
            "data-state": row.done_at ? "delivered" : "pending",
          })}
          columns={[
            { id: "kind", header: t("answer.title"), cell: (row) => t(`answer.${row.kind}`, { defaultValue: row.kind }) },
            { id: "at", header: t("answer.at"), cell: (row) => <Time at={row.at} /> },
            {
              id: "done",
              header: t("answer.state"),
              cell: (row) =>
                row.done_at ? (
                  <ToneBadge tone="good" label={t("answer.delivered")} />
                ) : (
                  <ToneBadge tone="warn" label={t("answer.pending", { count: row.attempts })} />
                ),
            },
          ]}
        />
      )}
    </section>
  );
}
