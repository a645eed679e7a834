import { Button, Group, Stack, Stepper, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Setup, SetupStep, StepName } from "../../api/setup.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { ToneBadge } from "../../components/Badges.tsx";
import { Panel } from "../../components/Panel.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Page } from "../../shell/Page.tsx";
import { AddressStep } from "./AddressStep.tsx";
import { AdminStep } from "./AdminStep.tsx";
import { AlarmStep } from "./AlarmStep.tsx";
import { MailStep } from "./MailStep.tsx";
import { NameStep } from "./NameStep.tsx";
import { StaffStep } from "./StaffStep.tsx";
import { useSetStep, useSetup } from "./calls.ts";

function Body({ step, onNext }: { step: SetupStep; onNext: () => void }) {
  switch (step.step) {
    case "name":
      return <NameStep facts={step.facts} onNext={onNext} />;
    case "admin":
      return <AdminStep facts={step.facts} />;
    case "address":
      return <AddressStep facts={step.facts} />;
    case "staff":
      return <StaffStep facts={step.facts} />;
    case "mail":
      return <MailStep facts={step.facts} />;
    case "alarm":
      return <AlarmStep facts={step.facts} />;
  }
}

function StepBadge({ step }: { step: SetupStep }) {
  const { t } = useTranslation("setup");
  if (step.met) return <ToneBadge tone="good" label={t("met")} />;
  return <ToneBadge tone="idle" label={t(`state.${step.state}`)} />;
}

interface ButtonsProps {
  step: SetupStep;
  onNext: () => void;
}

function Buttons({ step, onNext }: ButtonsProps) {
  const { t } = useTranslation("setup");
  const set = useSetStep();
  const say = (state: "done" | "skipped"): void => set.mutate({ step: step.step, state }, { onSuccess: onNext });
  return (
    <>
      <ActionError error={set.error} />
      <Group mt="md">
        <Button disabled={!step.met} loading={set.isPending} onClick={() => say("done")} data-testid="setup-done">
          {t("next")}
        </Button>
        <Button variant="subtle" onClick={() => say("skipped")} data-testid="setup-skip">
          {t("skip")}
        </Button>
      </Group>
    </>
  );
}

/** Where to go on: the first step nobody has done or passed over. */
function firstOpen(steps: SetupStep[]): StepName {
  return (steps.find(({ state }) => state === "open") ?? steps[0])?.step ?? "name";
}

function Wizard({ setup }: { setup: Setup }) {
  const { t } = useTranslation("setup");
  const [at, setAt] = useState<StepName>(() => firstOpen(setup.steps));
  const here = setup.steps.findIndex(({ step }) => step === at);
  const step = setup.steps[here];
  const next = (): void => setAt(setup.steps[Math.min(here + 1, setup.steps.length - 1)]?.step ?? at);
  if (!step) return null;
  return (
    <Stack maw={960}>
      <Stepper active={here} onStepClick={(to) => setAt(setup.steps[to]?.step ?? at)} size="sm" wrap>
        {setup.steps.map((one) => (
          <Stepper.Step
            key={one.step}
            label={t(`step.${one.step}`)}
            description={t(one.met ? "met" : `state.${one.state}`)}
            data-testid={`setup-step-${one.step}`}
          />
        ))}
      </Stepper>
      <Panel title={t(`step.${at}`)} actions={<StepBadge step={step} />}>
        <Text c="dimmed" mb="md">
          {t(`why.${at}`)}
        </Text>
        <div data-testid="setup-body" data-step={at}>
          <Body step={step} onNext={next} />
        </div>
        {at !== "name" && <Buttons step={step} onNext={next} />}
      </Panel>
      {setup.done && <Text data-testid="setup-finished">{t("finished")}</Text>}
    </Stack>
  );
}

/** SetupPage leads a new clinic from its name to a first alarm on one's own phone. */
export function SetupPage() {
  const { t } = useTranslation("setup");
  const query = useSetup();
  return (
    <Page title={t("title")} intro={t("intro")}>
      <QueryView query={query}>{(setup) => <Wizard setup={setup} />}</QueryView>
    </Page>
  );
}
