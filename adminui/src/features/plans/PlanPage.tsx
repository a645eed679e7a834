import { Group, Stack, Text } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { PlanDetail } from "../../api/directory.ts";
import { LinkTo } from "../../components/LinkTo.tsx";
import { Panel } from "../../components/Panel.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Page } from "../../shell/Page.tsx";
import { Actions } from "./Actions.tsx";
import { usePlan } from "./calls.ts";
import { Decision } from "./Decision.tsx";
import { PlanBadge } from "./PlanBadge.tsx";
import { countsText, limitsText, reasonText } from "./planText.ts";

function Reason({ plan }: { plan: PlanDetail }) {
  const { t } = useTranslation("plans");
  return (
    <Panel title={t("reason")} actions={<PlanBadge state={plan.state} />}>
      <Text fw={600} data-testid="plan-reason" data-reason={plan.reason?.code}>
        {plan.reason ? reasonText(plan.reason, t) : t("why.none")}
      </Text>
      <Text>{countsText(plan.counts, t)}</Text>
      <Text size="sm" c="dimmed">
        {plan.reason && limitsText(plan.reason, t)}
      </Text>
      {plan.problems > 0 && <Text size="sm">{t("problemCount", { count: plan.problems })}</Text>}
      {plan.comment && <Text size="sm">{t("commentOf", { comment: plan.comment })}</Text>}
      <Group gap="sm" mt="xs">
        <Text size="sm">
          <LinkTo to="/connectors/$id" params={{ id: plan.connector.id }}>
            {plan.connector.name}
          </LinkTo>
        </Text>
        <Text size="sm">
          <Time at={plan.created} format="absolute" />
        </Text>
        {plan.message && (
          <Text size="sm">
            <LinkTo to="/messages/$id" params={{ id: plan.message.id }}>
              {plan.message.control_id || t("message")}
            </LinkTo>
          </Text>
        )}
      </Group>
    </Panel>
  );
}

export function PlanPage() {
  const { t } = useTranslation("plans");
  const { id = "" } = useParams({ strict: false });
  const query = usePlan(id);
  return (
    <Page title={t("one")} back="/plans">
      <QueryView query={query}>
        {(plan) => (
          <Stack data-testid="plan" data-state={plan.state}>
            <Reason plan={plan} />
            <Actions plan={plan} />
            <Decision plan={plan} />
          </Stack>
        )}
      </QueryView>
    </Page>
  );
}
