import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Import, Mapped } from "../../api/runs.ts";
import { DataTable } from "../../components/DataTable.tsx";
import { columnFields, samplesOf } from "./mapping.ts";
import { useColumnName } from "./useColumnName.ts";

interface Props {
  taken: Import;
  mapping: Mapped[];
  onChange: (mapping: Mapped[]) => void;
}

/** ColumnTable is one line for each column: its name, what is in it, what it means. */
export function ColumnTable({ taken, mapping, onChange }: Props) {
  const { t } = useTranslation("imports");
  const columnName = useColumnName();
  const data = columnFields.map((value) => ({ value, label: columnName(value) }));
  const set = (header: string, field: string): void =>
    onChange(mapping.map((column) => (column.header === header ? { header, field } : column)));
  return (
    <DataTable
      label={t("step.mapping")}
      rows={mapping}
      rowKey={(row) => row.header}
      rowData={(row) => ({ "data-testid": "import-column", "data-header": row.header, "data-field": row.field })}
      columns={[
        { id: "header", header: t("inFile"), cell: (row) => <strong>{row.header}</strong> },
        { id: "sample", header: t("example"), cell: (row) => samplesOf(taken, row.header).join(" · ") || "–" },
        {
          id: "field",
          header: t("means"),
          cell: (row) => (
            <Select
              size="sm"
              aria-label={t("meansOf", { column: row.header })}
              placeholder={t("notTaken")}
              data={data}
              searchable
              clearable
              clearButtonProps={{ "aria-label": t("clear") }}
              value={row.field || null}
              onChange={(field) => set(row.header, field ?? "")}
              miw={180}
            />
          ),
        },
      ]}
    />
  );
}
