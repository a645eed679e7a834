import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Run, RunRecord } from "../../api/runs.ts";
import { ToneBadge } from "../../components/Badges.tsx";
import { DataTable } from "../../components/DataTable.tsx";
import { Panel } from "../../components/Panel.tsx";
import { faultDetail, faultText, noteText, recordText } from "./runText.ts";

const most = 1_000;

/** RecordFate says what is the matter with one record. */
export function RecordFate({ record, fault, notes = [] }: Pick<RunRecord, "record" | "fault" | "notes">) {
  const { t } = useTranslation("runs");
  const detail = fault && faultDetail(fault, record);
  return (
    <>
      {fault && (
        <>
          <ToneBadge tone="bad" label={faultText(fault.name, t)} />
          {detail && (
            <Text size="xs" c="dimmed">
              {detail}
            </Text>
          )}
        </>
      )}
      {notes.map((note) => (
        <Text key={note} size="sm">
          {noteText(note, t)}
        </Text>
      ))}
    </>
  );
}

/** RecordTable lists the records of a run that did not simply pass. */
export function RecordTable({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  const records = run.records ?? [];
  return (
    <Panel title={t("records")}>
      {records.length === 0 ? (
        <Text size="sm">{t("recordsNone")}</Text>
      ) : (
        <DataTable
          label={t("records")}
          rows={records}
          rowKey={(row) => `${row.record} ${row.key ?? ""}`}
          rowData={(row) => ({ "data-testid": "run-record", "data-fault": row.fault?.name ?? "" })}
          columns={[
            { id: "record", header: t("record"), cell: (row) => <span className="wl-tabular">{recordText(row.record, t)}</span> },
            { id: "key", header: t("key"), cell: (row) => <span className="wl-tabular">{row.key || "–"}</span> },
            { id: "what", header: t("what"), cell: (row) => <RecordFate {...row} /> },
          ]}
        />
      )}
      {records.length >= most && (
        <Text size="sm" c="dimmed" mt="xs">
          {t("recordsMost")}
        </Text>
      )}
    </Panel>
  );
}
