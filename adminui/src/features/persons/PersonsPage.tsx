import { Group, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconAddressBook, IconSearch } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Person } from "../../api/directory.ts";
import { ToneBadge } from "../../components/Badges.tsx";
import { DataTable, type Column } from "../../components/DataTable.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { LongList } from "../../components/LongList.tsx";
import { useFilters } from "../../components/useFilters.ts";
import { Page } from "../../shell/Page.tsx";
import { accountState, fullName } from "./accountState.ts";
import { filterNames, usePersons, useUnitChoices, type PersonFilters } from "./calls.ts";

interface FilterProps {
  filters: PersonFilters;
  change: (next: Partial<PersonFilters>) => void;
}

function FilterBar({ filters, change }: FilterProps) {
  const { t } = useTranslation("persons");
  const units = useUnitChoices();
  const [typed, setTyped] = useState(filters.q);
  const search = useDebouncedCallback((q: string) => change({ q }), 300);
  const clearable = { clearable: true, clearButtonProps: { "aria-label": t("clear") }, placeholder: t("all") };
  return (
    <Group role="search" align="flex-end" gap="sm">
      <TextInput
        type="search"
        label={t("search")}
        placeholder={t("searchHint")}
        leftSection={<IconSearch size={18} aria-hidden="true" />}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          search(event.currentTarget.value.trim());
        }}
        style={{ flex: "1 1 240px" }}
        data-testid="person-search"
      />
      <Select
        label={t("unit")}
        data={units}
        searchable
        value={filters.unit || null}
        onChange={(unit) => change({ unit: unit ?? "" })}
        style={{ flex: "1 1 200px" }}
        {...clearable}
      />
      <Select
        label={t("stateTitle")}
        data={["active", "inactive", "locked", "invited"].map((value) => ({ value, label: t(`state.${value}`) }))}
        value={filters.state || null}
        onChange={(state) => change({ state: state ?? "" })}
        style={{ flex: "1 1 160px" }}
        {...clearable}
      />
    </Group>
  );
}

function useColumns(): Column<Person>[] {
  const { t } = useTranslation("persons");
  return [
    {
      id: "name",
      header: t("name"),
      cell: (row) => (
        <LinkTo to="/persons/$id" params={{ id: row.id }} strong>
          {fullName(row)}
        </LinkTo>
      ),
    },
    { id: "number", header: t("staffNumber"), cell: (row) => <span className="wl-tabular">{row.staff_number || "–"}</span> },
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
    { id: "seen", header: t("lastSeen"), cell: (row) => (row.account?.last_seen ? <Time at={row.account.last_seen} /> : t("never")) },
  ];
}

export function PersonsPage() {
  const { t } = useTranslation("persons");
  const [filters, change] = useFilters(filterNames);
  const query = usePersons(filters);
  const columns = useColumns();
  return (
    <Page title={t("title")} intro={t("intro")}>
      <FilterBar filters={filters} change={change} />
      <LongList
        query={query}
        empty={<EmptyState icon={IconAddressBook} title={t("empty.title")} hint={t("empty.hint")} />}
      >
        {(rows) => (
          <DataTable
            label={t("title")}
            columns={columns}
            rows={rows}
            rowKey={(row) => row.id}
            rowData={(row) => ({
              "data-testid": "person-row",
              "data-person-name": row.name,
              "data-staff-number": row.staff_number,
              "data-state": row.account?.state ?? "none",
            })}
          />
        )}
      </LongList>
    </Page>
  );
}
