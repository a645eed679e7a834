import { Group, Select } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { useTranslation } from "react-i18next";
import { LongList } from "../../components/LongList.tsx";
import { useFilters } from "../../components/useFilters.ts";
import { Page } from "../../shell/Page.tsx";
import { useConnectorChoices } from "../messages/calls.ts";
import { useRuns } from "./calls.ts";
import { RunTable } from "./RunTable.tsx";

/** RunList is the runs of one connector, or of all ("") with a column for it. */
export function RunList({ connector, withConnector }: { connector: string; withConnector: boolean }) {
  const { t } = useTranslation("runs");
  const query = useRuns(connector);
  return (
    <LongList
      query={query}
      empty={<EmptyState icon={IconHistory} title={t("empty.title")} hint={t("empty.hint")} />}
    >
      {(rows) => <RunTable runs={rows} withConnector={withConnector} />}
    </LongList>
  );
}

export function RunsPage() {
  const { t } = useTranslation("runs");
  const [{ connector }, change] = useFilters(["connector"]);
  const choices = useConnectorChoices();
  return (
    <Page title={t("title")} intro={t("intro")}>
      <Group role="search">
        <Select
          label={t("connector")}
          data={choices}
          value={connector || null}
          placeholder={t("all")}
          clearable
          clearButtonProps={{ "aria-label": t("clear") }}
          onChange={(value) => change({ connector: value ?? "" })}
          w={280}
        />
      </Group>
      <RunList connector={connector} withConnector />
    </Page>
  );
}
