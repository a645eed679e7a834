import { ActionIcon, Button, Fieldset, Group, NumberInput, Stack, Text } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Step, Target } from "../../api/alerting.ts";
import type { Choices } from "./calls.ts";
import { TargetFields } from "./TargetFields.tsx";

interface Props {
  steps: readonly Step[];
  choices: Choices;
  errorAt: (field: string) => string | null;
  onChange: (steps: Step[]) => void;
}

function replaced<T>(list: readonly T[], index: number, value: T): T[] {
  return list.map((old, i) => (i === index ? value : old));
}

function without<T>(list: readonly T[], index: number): T[] {
  return list.filter((_, i) => i !== index);
}

/** StepsEditor edits the chain: who is called, and for how long before the next are. */
export function StepsEditor({ steps, choices, errorAt, onChange }: Props) {
  const { t } = useTranslation("rules");
  const change = (index: number, part: Partial<Step>): void => {
    const step = steps[index];
    if (step) onChange(replaced(steps, index, { ...step, ...part }));
  };
  return (
    <Stack gap="sm">
      {steps.map((step, index) => (
        // Steps have no name of their own; what they are is their place.
        <Fieldset key={index} legend={t("stepNo", { step: index + 1 })} data-testid="rule-step">
          <Stack gap="sm">
            {step.targets.map((target, at) => (
              <TargetFields
                key={at}
                target={target}
                choices={choices}
                onChange={(next: Target) => change(index, { targets: replaced(step.targets, at, next) })}
                {...(step.targets.length > 1
                  ? { onRemove: () => change(index, { targets: without(step.targets, at) }) }
                  : {})}
              />
            ))}
            {errorAt(`steps.${index}.targets`) && (
              <Text size="sm" c="var(--mantine-color-error)">
                {errorAt(`steps.${index}.targets`)}
              </Text>
            )}
            <Group justify="space-between" align="flex-end">
              <NumberInput
                label={t("seconds")}
                value={step.seconds}
                min={5}
                max={86_400}
                allowDecimal={false}
                onChange={(value) => change(index, { seconds: Number(value) })}
                error={errorAt(`steps.${index}.seconds`)}
                w={180}
              />
              <Group gap={4}>
                <Button
                  size="sm"
                  variant="default"
                  leftSection={<IconPlus size={16} aria-hidden="true" />}
                  disabled={step.targets.length >= 8}
                  onClick={() => change(index, { targets: [...step.targets, { kind: "ward" }] })}
                >
                  {t("addTarget")}
                </Button>
                {steps.length > 1 && (
                  <ActionIcon aria-label={t("removeStep", { step: index + 1 })} onClick={() => onChange(without(steps, index))}>
                    <IconTrash size={18} />
                  </ActionIcon>
                )}
              </Group>
            </Group>
          </Stack>
        </Fieldset>
      ))}
      <Group>
        <Button
          variant="default"
          leftSection={<IconPlus size={18} aria-hidden="true" />}
          disabled={steps.length >= 10}
          onClick={() => onChange([...steps, { targets: [{ kind: "ward" }], seconds: 60 }])}
        >
          {t("addStep")}
        </Button>
      </Group>
    </Stack>
  );
}
