import { Text } from "@mantine/core";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { Run } from "../../api/runs.ts";
import { ToneBadge } from "../../components/Badges.tsx";
import { DataTable, type Column } from "../../components/DataTable.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { useConnectorName } from "./calls.ts";
import { Judged } from "./Judged.tsx";
import { faultText, tones, tookText } from "./runText.ts";
import { useCountsText } from "./useCountsText.ts";

function State({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  return (
    <>
      <ToneBadge tone={tones[run.state] ?? "idle"} label={t(`state.${run.state}`)} />
      {run.fault && (
        <Text size="xs" data-testid="run-fault">
          {faultText(run.fault.name, t)}
        </Text>
      )}
      <Judged run={run} />
    </>
  );
}

/** RunTable lists runs; the connector is a column only where there are several. */
export function RunTable({ runs, withConnector }: { runs: readonly Run[]; withConnector: boolean }) {
  const { t, i18n } = useTranslation("runs");
  const nameOf = useConnectorName();
  const countsText = useCountsText();
  const number = (value: number): string => value.toLocaleString(i18n.language);
  const columns: Column<Run>[] = [
    {
      id: "began",
      header: t("began"),
      cell: (row) => (
        <LinkTo to="/runs/$id" params={{ id: row.id }} strong>
          <Time at={row.began} format="absolute" />
        </LinkTo>
      ),
    },
    ...(withConnector
      ? [{ id: "connector", header: t("connector"), cell: (row: Run) => nameOf(row.connector_id) || row.file || "–" }]
      : []),
    { id: "mode", header: t("modeTitle"), cell: (row) => t(`mode.${row.mode}`) },
    {
      id: "cause",
      header: t("causeTitle"),
      cell: (row) => (
        <>
          {t(`cause.${row.cause}`, { defaultValue: row.cause })}
          {row.file && (
            <Text size="xs" c="dimmed">
              {row.file}
            </Text>
          )}
        </>
      ),
    },
    { id: "state", header: t("stateTitle"), cell: (row) => <State run={row} /> },
    { id: "result", header: t("result"), cell: (row) => countsText(row) },
    { id: "read", header: t("read"), right: true, cell: (row) => number(row.read) },
    { id: "faults", header: t("faults"), right: true, cell: (row) => number(row.faults) },
    { id: "took", header: t("took"), right: true, cell: (row) => tookText(row, i18n.language) || "–" },
  ];
  return (
    <DataTable
      label={t("title")}
      columns={columns}
      rows={runs}
      rowKey={(row) => row.id}
      rowData={(row) => ({ "data-testid": "run-row", "data-run-id": row.id, "data-state": row.state })}
    />
  );
}
