import { Stepper } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Panel } from "../../components/Panel.tsx";

const steps = ["test", "preview", "save", "dry", "schedule"];

/** PullSteps shows how a source of people is set up, and how far this one has come. */
export function PullSteps({ done }: { done: number }) {
  const { t } = useTranslation("connectors");
  return (
    <Panel title={t("pull.title")}>
      <Stepper
        active={done}
        size="sm"
        orientation="vertical"
        allowNextStepsSelect={false}
        data-testid="pull-steps"
        data-done={done}
      >
        {steps.map((step) => (
          <Stepper.Step key={step} label={t(`pull.${step}`)} description={t(`pull.${step}Hint`)} />
        ))}
      </Stepper>
    </Panel>
  );
}
