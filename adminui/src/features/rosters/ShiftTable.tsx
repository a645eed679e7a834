import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { Shift } from "../../api/staff.ts";
import { DataTable } from "../../components/DataTable.tsx";

/** ShiftTable lists planned duties, the next one first. */
export function ShiftTable({ label, shifts }: { label: string; shifts: readonly Shift[] }) {
  const { t } = useTranslation("rosters");
  const sorted = [...shifts].sort((a, b) => a.from.localeCompare(b.from) || a.role.name.localeCompare(b.role.name));
  return (
    <DataTable
      label={label}
      rows={sorted}
      rowKey={(row) => `${row.role.id} ${row.person.user_id} ${row.from}`}
      rowData={(row) => ({ "data-testid": "shift-row", "data-role-name": row.role.name })}
      columns={[
        { id: "from", header: t("begins"), cell: (row) => <Time at={row.from} format="absolute" /> },
        { id: "until", header: t("ends"), cell: (row) => <Time at={row.until} format="absolute" /> },
        { id: "role", header: t("role"), cell: (row) => <strong>{row.role.name}</strong> },
        { id: "unit", header: t("unit"), cell: (row) => row.role.unit.name || row.role.unit.code || "–" },
        { id: "person", header: t("person"), cell: (row) => row.person.name },
        { id: "source", header: t("sourceOf"), cell: (row) => row.source },
      ]}
    />
  );
}
