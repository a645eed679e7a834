import { Button, Group } from "@mantine/core";
import { IconAddressBook, IconPlus, IconTableImport } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Download } from "../../components/Download.tsx";
import { LongList } from "../../components/LongList.tsx";
import { useFilters, withoutEmpty } from "../../components/useFilters.ts";
import { Page } from "../../shell/Page.tsx";
import { BulkBar } from "./BulkBar.tsx";
import { filterNames, narrowing, usePersons, type PersonFilters } from "./calls.ts";
import { FilterBar } from "./FilterBar.tsx";
import { NewPersonDrawer } from "./NewPersonDrawer.tsx";
import { PersonTable } from "./PersonTable.tsx";
import { useChosen } from "./selection.ts";

function PageActions({ filters, onNew }: { filters: PersonFilters; onNew: () => void }) {
  const { t } = useTranslation("persons");
  const query = new URLSearchParams(withoutEmpty(filters)).toString();
  return (
    <Group gap="xs">
      <Download path={`/persons/export?${query}`} label={t("export")} data-testid="person-export" />
      <Button
        variant="default"
        leftSection={<IconTableImport size={18} aria-hidden="true" />}
        renderRoot={(props) => <Link {...props} to="/imports" />}
      >
        {t("import")}
      </Button>
      <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={onNew} data-testid="person-new">
        {t("create")}
      </Button>
    </Group>
  );
}

export function PersonsPage() {
  const { t } = useTranslation("persons");
  const [filters, change] = useFilters(filterNames);
  const [creating, setCreating] = useState(false);
  const { query, total } = usePersons(filters);
  const filter = withoutEmpty(Object.fromEntries(narrowing.map((name) => [name, filters[name]])));
  const { chosen, choose, selection } = useChosen(JSON.stringify(filter));
  const narrowed = Object.keys(filter).length > 0;
  return (
    <Page
      title={t("title")}
      intro={t("intro")}
      actions={<PageActions filters={filters} onNew={() => setCreating(true)} />}
    >
      <FilterBar filters={filters} change={change} />
      <LongList
        query={query}
        empty={
          <EmptyState
            icon={IconAddressBook}
            title={t("empty.title")}
            hint={t(narrowed ? "empty.narrowed" : "empty.hint")}
          />
        }
      >
        {(rows) => (
          <>
            <BulkBar
              chosen={chosen}
              choose={choose}
              filter={filter}
              found={total ?? (query.hasNextPage ? undefined : rows.length)}
            />
            <PersonTable
              rows={rows}
              order={{ by: filters.sort || "family_name", dir: filters.dir === "desc" ? "desc" : "asc" }}
              onOrder={({ by, dir }) =>
                change({ sort: by === "family_name" ? "" : by, dir: dir === "asc" ? "" : dir })
              }
              selection={selection(rows)}
            />
          </>
        )}
      </LongList>
      <NewPersonDrawer opened={creating} onClose={() => setCreating(false)} />
    </Page>
  );
}
