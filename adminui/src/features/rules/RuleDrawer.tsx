import { Button, Drawer, Group, NumberInput, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Policy, Rule } from "../../api/alerting.ts";
import { Panel } from "../../components/Panel.tsx";
import type { Choices } from "./calls.ts";
import { MatchFields } from "./MatchFields.tsx";
import { ruleProblems, tidyMatch } from "./ruleCheck.ts";
import { StepsEditor } from "./StepsEditor.tsx";

interface FormProps {
  rule: Rule;
  choices: Choices;
  onDone: (rule: Rule) => void;
  onClose: () => void;
}

function RuleForm({ rule: given, choices, onDone, onClose }: FormProps) {
  const { t } = useTranslation("rules");
  const [rule, setRule] = useState(given);
  const [asked, setAsked] = useState(false);
  const problems = ruleProblems(rule);
  const errorAt = (field: string): string | null => {
    const found = asked ? problems.find((problem) => problem.field === field) : undefined;
    return found ? t(found.key) : null;
  };
  const setPolicy = (change: Partial<Policy>): void =>
    setRule((old) => ({ ...old, policy: { ...old.policy, ...change } }));
  const done = (): void => {
    setAsked(true);
    if (problems.length === 0) onDone({ ...rule, name: rule.name.trim(), match: tidyMatch(rule.match) });
  };
  const number = (field: "need" | "accept_seconds" | "max_seconds", least: number) => (
    <NumberInput
      label={t(`policy.${field}`)}
      description={t(`policy.${field}Help`)}
      value={rule.policy[field]}
      min={least}
      allowDecimal={false}
      onChange={(value) => setPolicy({ [field]: Number(value) })}
      error={errorAt(field)}
      data-testid={`rule-${field}`}
    />
  );
  return (
    <Stack>
      <TextInput
        label={t("name")}
        required
        data-autofocus
        value={rule.name}
        onChange={(change) => setRule({ ...rule, name: change.currentTarget.value })}
        error={errorAt("name")}
        data-testid="rule-name"
      />
      {rule.catch_all ? (
        <Text>{t("catchAllHint")}</Text>
      ) : (
        <>
          <Switch
            label={t("enabled")}
            checked={rule.enabled}
            onChange={(change) => setRule({ ...rule, enabled: change.currentTarget.checked })}
          />
          <Panel title={t("when.title")}>
            <MatchFields
              match={rule.match}
              choices={choices}
              priorityError={errorAt("max_priority")}
              onChange={(match) => setRule({ ...rule, match })}
            />
          </Panel>
        </>
      )}
      <Panel title={t("who")}>
        <StepsEditor steps={rule.policy.steps} choices={choices} errorAt={errorAt} onChange={(steps) => setPolicy({ steps })} />
      </Panel>
      <Panel title={t("policy.title")}>
        <Stack gap="sm">
          {number("need", 1)}
          {number("accept_seconds", 0)}
          {number("max_seconds", 60)}
        </Stack>
      </Panel>
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button onClick={done} data-testid="rule-done">
          {t("done")}
        </Button>
      </Group>
    </Stack>
  );
}

interface Props extends Omit<FormProps, "rule"> {
  /** null: closed. */
  rule: Rule | null;
}

/** RuleDrawer edits one rule; the list changes on "done", the hub only when the list is saved. */
export function RuleDrawer({ rule, ...others }: Props) {
  const { t } = useTranslation("rules");
  return (
    <Drawer
      opened={rule !== null}
      onClose={others.onClose}
      closeOnClickOutside={false}
      position="right"
      size="xl"
      title={t("edit")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {rule && <RuleForm key={rule.id} rule={rule} {...others} />}
    </Drawer>
  );
}
