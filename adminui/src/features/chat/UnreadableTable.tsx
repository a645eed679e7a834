import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { Unreadable } from "../../api/talk.ts";
import { ToneBadge } from "../../components/Badges.tsx";
import { DataTable, type Column } from "../../components/DataTable.tsx";

function Repaired({ row }: { row: Unreadable }) {
  const { t } = useTranslation("chat");
  if (!row.repaired_at) return <ToneBadge tone="bad" label={t("open")} />;
  return <Time at={row.repaired_at} format="absolute" />;
}

/** UnreadableTable lists who could not read what, and why; never what it says. */
export function UnreadableTable({ rows }: { rows: Unreadable[] }) {
  const { t } = useTranslation("chat");
  const columns: Column<Unreadable>[] = [
    { id: "at", header: t("at"), cell: (row) => <Time at={row.at} format="absolute" /> },
    { id: "user", header: t("user"), cell: (row) => row.user.name },
    { id: "device", header: t("device"), cell: (row) => row.device_name || "–" },
    { id: "cause", header: t("why"), cell: (row) => t(`cause.${row.cause}`, { defaultValue: row.cause }) },
    { id: "room", header: t("room"), cell: (row) => <span className="wl-tabular">{`${row.room} / ${row.seq}`}</span> },
    { id: "repaired", header: t("repaired"), cell: (row) => <Repaired row={row} /> },
  ];
  return (
    <DataTable
      label={t("title")}
      columns={columns}
      rows={rows}
      rowKey={(row) => `${row.room} ${row.seq} ${row.device}`}
      rowData={(row) => ({ "data-testid": "unreadable-row", "data-cause": row.cause })}
    />
  );
}
