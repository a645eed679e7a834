import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { LongList } from "../../components/LongList.tsx";
import { Panel } from "../../components/Panel.tsx";
import { ActionTable } from "../plans/ActionTable.tsx";
import { useActions, usePlan } from "../plans/calls.ts";

/** PlanTable is what a file would do, person by person. */
export function PlanTable({ plan }: { plan: string }) {
  const { t } = useTranslation("imports");
  const query = useActions(plan, { op: "", q: "" });
  const units = usePlan(plan).data?.units ?? [];
  return (
    <Panel title={t("would")}>
      <LongList query={query} empty={<Text p="md">{t("nothing")}</Text>}>
        {(rows) => <ActionTable actions={rows} units={units} />}
      </LongList>
    </Panel>
  );
}
