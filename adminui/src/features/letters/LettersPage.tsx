import { Button, Group, Select, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconMailOpened } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Person } from "../../api/directory.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { DataTable, type Column } from "../../components/DataTable.tsx";
import { Panel } from "../../components/Panel.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Page } from "../../shell/Page.tsx";
import { useInvited, useLetters, useUnits } from "./calls.ts";
import { PosterPanel } from "./PosterPanel.tsx";
import { Sheets } from "./Sheets.tsx";

function useSelection(rows: Person[]) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (key: string): void =>
    setChosen((before) => {
      const next = new Set(before);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  return {
    has: (key: string) => chosen.has(key),
    toggle,
    toggleAll: (keys: string[]) => setChosen(keys.every((key) => chosen.has(key)) ? new Set() : new Set(keys)),
    nameOf: (key: string) => rows.find((row) => row.id === key)?.name ?? "",
    accounts: rows.filter((row) => chosen.has(row.id)).flatMap(({ account }) => (account ? [account.id] : [])),
  };
}

function LetterPanel({ rows }: { rows: Person[] }) {
  const { t } = useTranslation("letters");
  const selection = useSelection(rows);
  const letters = useLetters();
  const columns: Column<Person>[] = [
    { id: "name", header: t("name"), cell: (row) => row.name },
    { id: "number", header: t("number"), cell: (row) => row.staff_number },
    { id: "units", header: t("units"), cell: (row) => row.units.map(({ name }) => name).join(", ") },
  ];
  if (letters.data) return <Sheets letters={letters.data.items} onDone={letters.reset} />;
  if (rows.length === 0) return <EmptyState icon={IconMailOpened} title={t("none")} />;
  return (
    <Stack>
      <ActionError error={letters.error} />
      <DataTable label={t("title")} columns={columns} rows={rows} rowKey={(row) => row.id} selection={selection} />
      <Group>
        <Button
          disabled={selection.accounts.length === 0}
          loading={letters.isPending}
          onClick={() => letters.mutate(selection.accounts)}
          data-testid="letters-make"
        >
          {t("make", { count: selection.accounts.length })}
        </Button>
        <Text size="sm" c="dimmed">
          {t("makeHelp")}
        </Text>
      </Group>
    </Stack>
  );
}

/** LettersPage brings newcomers their first code, on paper. */
export function LettersPage() {
  const { t } = useTranslation("letters");
  const [unit, setUnit] = useState("");
  const units = useUnits();
  const invited = useInvited(unit);
  return (
    <Page title={t("title")} intro={t("intro")}>
      <Stack>
        <Panel title={t("letters")}>
          <Stack>
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <Select
                label={t("unit")}
                placeholder={t("allUnits")}
                clearable
                searchable
                data={(units.data?.items ?? []).map(({ code, name }) => ({ value: code, label: `${name} (${code})` }))}
                value={unit || null}
                onChange={(value) => setUnit(value ?? "")}
              />
            </SimpleGrid>
            <QueryView query={invited}>{({ items }) => <LetterPanel key={unit} rows={items} />}</QueryView>
          </Stack>
        </Panel>
        <PosterPanel units={units.data?.items ?? []} />
      </Stack>
    </Page>
  );
}
