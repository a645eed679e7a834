import { Group, Stack, Tabs, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { PlanDetail } from "../../api/directory.ts";
import { Download } from "../../components/Download.tsx";
import { LongList } from "../../components/LongList.tsx";
import { Panel } from "../../components/Panel.tsx";
import { SearchInput } from "../../components/SearchInput.tsx";
import { useFilters } from "../../components/useFilters.ts";
import { ActionTable } from "./ActionTable.tsx";
import { useActions } from "./calls.ts";
import { tabsOf, total } from "./planText.ts";

function KindTabs({ plan, op, onPick }: { plan: PlanDetail; op: string; onPick: (op: string) => void }) {
  const { t, i18n } = useTranslation("plans");
  const number = (count: number): string => count.toLocaleString(i18n.language);
  return (
    <Tabs value={op || "all"} onChange={(next) => onPick(next === "all" ? "" : (next ?? ""))} mb="sm">
      <Tabs.List aria-label={t("filter")}>
        <Tabs.Tab value="all">{t("allOps", { count: total(plan.counts), number: number(total(plan.counts)) })}</Tabs.Tab>
        {tabsOf(plan).map(({ name, count }) => (
          <Tabs.Tab key={name} value={name} data-testid={`plan-op-${name}`}>
            {t("opCount", { op: t(`tab.${name}`), number: number(count) })}
          </Tabs.Tab>
        ))}
      </Tabs.List>
    </Tabs>
  );
}

/** Actions is what a plan would do, person by person, so that a human can judge it. */
export function Actions({ plan }: { plan: PlanDetail }) {
  const { t } = useTranslation("plans");
  const [filters, change] = useFilters(["op", "q"]);
  const query = useActions(plan.id, filters);
  const done = plan.state === "applied" || plan.state === "undone";
  return (
    <Panel
      title={t(done ? "actionsDone" : "actions")}
      actions={<Download path={`/plans/${plan.id}/export`} label={t("export")} data-testid="plan-export" />}
    >
      <KindTabs plan={plan} op={filters.op} onPick={(op) => change({ op })} />
      <Stack gap="sm">
        <Group role="search">
          <SearchInput
            label={t("search")}
            placeholder={t("searchHint")}
            value={filters.q}
            onSearch={(q) => change({ q })}
            data-testid="plan-search"
          />
        </Group>
        <LongList query={query} empty={<Text p="md">{t("none")}</Text>}>
          {(rows) => <ActionTable actions={rows} units={plan.units ?? []} />}
        </LongList>
      </Stack>
    </Panel>
  );
}
