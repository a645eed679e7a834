import { Group, SimpleGrid, Text } from "@mantine/core";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { PlanDetail } from "../../api/directory.ts";
import { LinkTo } from "../../components/LinkTo.tsx";
import { Panel } from "../../components/Panel.tsx";
import { PlanBadge } from "./PlanBadge.tsx";
import { commentText, limitsText, reasonText, tabsOf } from "./planText.ts";

function Figures({ plan }: { plan: PlanDetail }) {
  const { t, i18n } = useTranslation("plans");
  return (
    <SimpleGrid cols={{ base: 2, xs: 3, md: 6 }} my="sm" data-testid="plan-counts">
      {tabsOf(plan).map(({ name, count }) => (
        <div key={name} data-count={name}>
          <Text size="sm" c="dimmed">
            {t(`tab.${name}`)}
          </Text>
          <Text fz={24} fw={650} lh={1.2} className="wl-tabular">
            {count.toLocaleString(i18n.language)}
          </Text>
        </div>
      ))}
    </SimpleGrid>
  );
}

function Origin({ plan }: { plan: PlanDetail }) {
  const { t } = useTranslation("plans");
  const { connector, message } = plan;
  return (
    <Group gap="sm">
      <Text size="sm">
        {t("connector")}:{" "}
        {connector.kind === "hand" || !connector.name ? (
          t("byHand")
        ) : (
          <LinkTo to="/connectors/$id" params={{ id: connector.id }}>
            {connector.name}
          </LinkTo>
        )}
      </Text>
      <Text size="sm">
        <Time at={plan.created} format="absolute" />
      </Text>
      {message?.id && (
        <Text size="sm">
          <LinkTo to="/messages/$id" params={{ id: message.id }}>
            {message.control_id || t("message")}
          </LinkTo>
        </Text>
      )}
      {message?.run_id && (
        <Text size="sm">
          <LinkTo to="/runs/$id" params={{ id: message.run_id }}>
            {t("run")}
          </LinkTo>
        </Text>
      )}
    </Group>
  );
}

/** Reason is why a plan was held, in a sentence, and its size in numbers. */
export function Reason({ plan }: { plan: PlanDetail }) {
  const { t } = useTranslation("plans");
  const why = plan.reason ? reasonText(plan.reason, t) : t(plan.state === "dry" ? "why.dry" : "why.none");
  return (
    <Panel title={t(plan.reason ? "reason" : "summary")} actions={<PlanBadge state={plan.state} />}>
      <Text fw={600} data-testid="plan-reason" data-reason={plan.reason?.code}>
        {why}
      </Text>
      {plan.reason && (
        <Text size="sm" c="dimmed">
          {limitsText(plan.reason, t)}
        </Text>
      )}
      <Figures plan={plan} />
      {plan.problems > 0 && <Text size="sm">{t("problemCount", { count: plan.problems })}</Text>}
      {plan.comment && <Text size="sm">{commentText(plan.comment, t)}</Text>}
      <Origin plan={plan} />
    </Panel>
  );
}
