import { Group, Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { SearchInput } from "../../components/SearchInput.tsx";
import { useGroupChoices } from "../groups/calls.ts";
import { useConnectorChoices } from "../messages/calls.ts";
import { useUnitChoices, type PersonFilters } from "./calls.ts";

interface Props {
  filters: PersonFilters;
  change: (next: Partial<PersonFilters>) => void;
}

type Choice = { value: string; label: string };

const states = ["active", "inactive", "locked", "invited"];
// The order a narrow screen offers, where there are no column headers.
const orders = ["family_name", "given_name", "staff_number", "last_seen", "created"];

/** FilterBar narrows the list of persons; everything is kept in the page's address. */
export function FilterBar({ filters, change }: Props) {
  const { t } = useTranslation("persons");
  const units = useUnitChoices();
  const sources = useConnectorChoices();
  const groups = useGroupChoices();
  const pick = (name: "unit" | "state" | "source" | "group", label: string, data: Choice[]) => (
    <Select
      label={label}
      data={data}
      searchable={data.length > 8}
      value={filters[name] || null}
      placeholder={t("all")}
      clearable
      clearButtonProps={{ "aria-label": t("clear") }}
      nothingFoundMessage={t("empty.title")}
      onChange={(value) => change({ [name]: value ?? "" })}
      style={{ flex: "1 1 160px" }}
      data-testid={`person-filter-${name}`}
    />
  );
  return (
    <Group role="search" align="flex-end" gap="sm">
      <SearchInput
        label={t("search")}
        placeholder={t("searchHint")}
        value={filters.q}
        onSearch={(q) => change({ q })}
        data-testid="person-search"
      />
      {pick("unit", t("unit"), units)}
      {pick("state", t("stateTitle"), states.map((value) => ({ value, label: t(`state.${value}`) })))}
      {pick("source", t("source"), sources)}
      {pick("group", t("group"), groups)}
      <Select
        hiddenFrom="md"
        label={t("sortBy")}
        data={orders.map((value) => ({ value, label: t(`order.${value}`) }))}
        value={filters.sort || "family_name"}
        allowDeselect={false}
        onChange={(sort) => change({ sort: sort === "family_name" ? "" : (sort ?? ""), dir: "" })}
        style={{ flex: "1 1 160px" }}
      />
    </Group>
  );
}
