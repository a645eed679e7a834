import { Stack } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { QueryView } from "../../components/QueryView.tsx";
import { Page } from "../../shell/Page.tsx";
import { Actions } from "./Actions.tsx";
import { usePlan } from "./calls.ts";
import { Decision } from "./Decision.tsx";
import { Reason } from "./Reason.tsx";

export function PlanPage() {
  const { t } = useTranslation("plans");
  const { id = "" } = useParams({ strict: false });
  const query = usePlan(id);
  return (
    <Page title={t(query.data?.state === "dry" ? "oneDry" : "one")} back="/plans">
      <QueryView query={query}>
        {(plan) => (
          <Stack data-testid="plan" data-state={plan.state}>
            <Reason plan={plan} />
            <Decision plan={plan} />
            <Actions plan={plan} />
          </Stack>
        )}
      </QueryView>
    </Page>
  );
}
