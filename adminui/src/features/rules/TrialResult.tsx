import { List, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Rule, Trial } from "../../api/alerting.ts";
import { ToneBadge } from "../../components/Badges.tsx";
import { targetText } from "./ruleText.ts";

function Recipients({ step }: { step: Trial["steps"][number] }) {
  const { t } = useTranslation("rules");
  if (step.recipients.length === 0) return <ToneBadge tone="bad" label={t("try.nobody")} />;
  return (
    <List size="sm">
      {step.recipients.map(({ user_id, name, devices }) => (
        <List.Item key={user_id}>
          {name} {devices === 0 && <ToneBadge tone="warn" label={t("try.noDevice")} />}
        </List.Item>
      ))}
    </List>
  );
}

/** TrialResult explains which rule takes a call, why those above it do not, and who is called. */
export function TrialResult({ trial, rules }: { trial: Trial; rules: readonly Rule[] }) {
  const { t } = useTranslation("rules");
  const { rule, steps, passed_over: passed } = trial;
  return (
    <Stack gap="sm" role="status" data-testid="try-result" data-rule-name={rule.name}>
      <Title order={3} size="h5">
        {rule.position > 0
          ? t("try.takes", { name: rule.name, position: rule.position })
          : t("try.builtIn", { name: rule.name })}
      </Title>
      {passed.length > 0 && (
        <div>
          <Text size="sm" fw={600}>
            {t("try.passed")}
          </Text>
          <List size="sm">
            {passed.map(({ rule_id, why }) => (
              <List.Item key={rule_id}>
                {rules.find(({ id }) => id === rule_id)?.name ?? rule_id}:{" "}
                {t(`why.${why}`, { defaultValue: why })}
              </List.Item>
            ))}
          </List>
        </div>
      )}
      {steps.map((step, index) => (
        <div key={index} data-testid="try-step">
          <Text size="sm" fw={600}>
            {t("try.step", {
              step: index + 1,
              who: step.targets.map((target) => targetText(target, t)).join(" + "),
              seconds: step.seconds,
            })}
          </Text>
          <Recipients step={step} />
        </div>
      ))}
    </Stack>
  );
}
