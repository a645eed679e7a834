import { Text } from "@mantine/core";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { Person } from "../../api/directory.ts";
import { ToneBadge } from "../../components/Badges.tsx";
import { DataTable, type Column, type Order, type Selection } from "../../components/DataTable.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { accountState } from "./accountState.ts";
import { listName } from "./names.ts";

function useColumns(sortedBy: string): Column<Person>[] {
  const { t } = useTranslation("persons");
  return [
    {
      id: "name",
      header: t("name"),
      sort: "family_name",
      cell: (row) => (
        <>
          <LinkTo to="/persons/$id" params={{ id: row.id }} strong>
            {listName(row, sortedBy)}
          </LinkTo>
          {row.title && (
            <Text span size="sm" c="dimmed">
              {" "}
              {row.title}
            </Text>
          )}
        </>
      ),
    },
    {
      id: "number",
      header: t("staffNumber"),
      sort: "staff_number",
      cell: (row) => <span className="wl-tabular">{row.staff_number || "–"}</span>,
    },
    { id: "units", header: t("units"), cell: (row) => row.units.map(({ name, code }) => name || code).join(", ") || "–" },
    {
      id: "active",
      header: t("employed"),
      cell: (row) => <ToneBadge tone={row.active ? "good" : "idle"} label={t(row.active ? "working" : "left")} />,
    },
    {
      id: "account",
      header: t("account.title"),
      cell: (row) => {
        const { tone, key } = accountState(row.account);
        return <ToneBadge tone={tone} label={t(key)} />;
      },
    },
    {
      id: "seen",
      header: t("lastSeen"),
      sort: "last_seen",
      cell: (row) => (row.account?.last_seen ? <Time at={row.account.last_seen} /> : t("never")),
    },
  ];
}

interface Props {
  rows: readonly Person[];
  order?: Order;
  onOrder?: (order: Order) => void;
  selection?: Selection;
}

/** PersonTable lists people; sorted and chosen from only where the page offers it. */
export function PersonTable({ rows, order, ...others }: Props) {
  const { t } = useTranslation("persons");
  return (
    <DataTable
      label={t("title")}
      columns={useColumns(order?.by ?? "")}
      rows={rows}
      rowKey={(row) => row.id}
      rowData={(row) => ({
        "data-testid": "person-row",
        "data-person-name": row.name,
        "data-staff-number": row.staff_number,
        "data-state": row.account?.state ?? "none",
      })}
      {...(order && { order })}
      {...others}
    />
  );
}
