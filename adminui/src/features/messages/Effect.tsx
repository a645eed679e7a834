import { List, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { MessageDetail } from "../../api/systems.ts";
import { LinkTo } from "../../components/LinkTo.tsx";
import { Panel } from "../../components/Panel.tsx";

/** Effect says what a message has done: changes of the directory, a plan, an alert, or nothing. */
export function Effect({ message }: { message: MessageDetail }) {
  const { t } = useTranslation("messages");
  const { changes = [], plan_id: plan, alert_id: alert } = message.effect ?? {};
  const warnings = message.warnings ?? [];
  return (
    <Panel title={t("effect")}>
      {changes.length === 0 && !plan && !alert && <Text size="sm">{t("noEffect")}</Text>}
      {changes.length > 0 && <Text size="sm">{t("changes", { count: changes.length })}</Text>}
      {plan && (
        <Text size="sm">
          <LinkTo to="/plans/$id" params={{ id: plan }}>
            {t("toPlan")}
          </LinkTo>
        </Text>
      )}
      {alert && (
        <Text size="sm">
          <LinkTo to="/board" search={{ state: "all", alert }}>
            {t("toAlert")}
          </LinkTo>
        </Text>
      )}
      {warnings.length > 0 && (
        <>
          <Text size="sm" fw={600} mt="xs">
            {t("warnings", { count: warnings.length })}
          </Text>
          <List size="sm">
            {warnings.map((warning) => (
              <List.Item key={warning}>{t(`warning.${warning}`, { defaultValue: warning })}</List.Item>
            ))}
          </List>
        </>
      )}
    </Panel>
  );
}
