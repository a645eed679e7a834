import { Stack, Tabs } from "@mantine/core";
import { IconUserQuestion } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { useTranslation } from "react-i18next";
import type { ConflictState } from "../../api/staff.ts";
import { LongList } from "../../components/LongList.tsx";
import { useFilters } from "../../components/useFilters.ts";
import { Page } from "../../shell/Page.tsx";
import { useConflicts } from "./calls.ts";
import { ConflictCard } from "./ConflictCard.tsx";

const states: ConflictState[] = ["open", "same", "other", "dismissed"];

/** ConflictsPage asks who newcomers are whom nobody but a human can tell. */
export function ConflictsPage() {
  const { t } = useTranslation("conflicts");
  const [filters, change] = useFilters(["state"]);
  const state = states.find((known) => known === filters.state) ?? "open";
  const query = useConflicts(state);
  return (
    <Page title={t("title")} intro={t("intro")}>
      <Tabs value={state} onChange={(next) => change({ state: next === "open" ? "" : (next ?? "") })}>
        <Tabs.List aria-label={t("which")}>
          {states.map((value) => (
            <Tabs.Tab key={value} value={value}>
              {t(`state.${value}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      <LongList
        query={query}
        empty={
          <EmptyState
            icon={IconUserQuestion}
            title={t(state === "open" ? "empty.title" : "empty.others")}
            hint={t("empty.hint")}
          />
        }
      >
        {(rows) => (
          <Stack>
            {rows.map((conflict) => (
              <ConflictCard key={conflict.id} conflict={conflict} />
            ))}
          </Stack>
        )}
      </LongList>
    </Page>
  );
}
