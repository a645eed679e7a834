import { Tabs } from "@mantine/core";
import { IconGitPullRequest } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { Plan, PlanState } from "../../api/directory.ts";
import { DataTable, type Column } from "../../components/DataTable.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { LongList } from "../../components/LongList.tsx";
import { useFilters } from "../../components/useFilters.ts";
import { Page } from "../../shell/Page.tsx";
import { usePlans } from "./calls.ts";
import { PlanBadge } from "./PlanBadge.tsx";
import { countsText, reasonText } from "./planText.ts";

const states: PlanState[] = ["held", "applied", "rejected", "undone", "dry"];

/** PlansPage shows first what waits for a judgement. */
export function PlansPage() {
  const { t } = useTranslation("plans");
  const [filters, change] = useFilters(["state"]);
  const state = states.find((known) => known === filters.state) ?? "held";
  const query = usePlans(state);
  const columns: Column<Plan>[] = [
    {
      id: "reason",
      header: t("reason"),
      cell: (row) => (
        <LinkTo to="/plans/$id" params={{ id: row.id }} strong>
          {row.reason ? reasonText(row.reason, t) : t(row.state === "dry" ? "why.dry" : "why.none")}
        </LinkTo>
      ),
    },
    { id: "counts", header: t("counts"), cell: (row) => countsText(row.counts, t) || "–" },
    { id: "connector", header: t("connector"), cell: (row) => row.connector.name || t("byHand") },
    { id: "created", header: t("created"), cell: (row) => <Time at={row.created} /> },
    { id: "state", header: t("stateTitle"), cell: (row) => <PlanBadge state={row.state} /> },
  ];
  return (
    <Page title={t("title")} intro={t("intro")}>
      <Tabs value={state} onChange={(next) => change({ state: next === "held" ? "" : (next ?? "") })}>
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
        empty={<EmptyState icon={IconGitPullRequest} title={t("empty.title")} hint={t("empty.hint")} />}
      >
        {(rows) => (
          <DataTable
            label={t("title")}
            columns={columns}
            rows={rows}
            rowKey={(row) => row.id}
            rowData={(row) => ({ "data-testid": "plan-row", "data-plan-id": row.id, "data-state": row.state })}
          />
        )}
      </LongList>
    </Page>
  );
}
