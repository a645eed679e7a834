import { Modal } from "@mantine/core";
import { ApiError } from "@wardline/uikit/api/problem.ts";
import { StepUpForm } from "@wardline/uikit/session/StepUpForm.tsx";
import { useTranslation } from "react-i18next";

interface Props {
  /** Of the act that was tried; only a refusal with code "step_up" opens the dialog. */
  error: Error | null;
  /** Tries the act again, now that the sign-in is fresh. */
  again: () => void;
  onCancel: () => void;
}

/** needsStepUp is whether the hub wants to be sure that it is still the same person. */
export function needsStepUp(error: Error | null): boolean {
  return error instanceof ApiError && error.status === 403 && error.problem.code === "step_up";
}

/** StepUp asks again who is there before a sensitive act, and then goes on with it. */
export function StepUp({ error, again, onCancel }: Props) {
  const { t } = useTranslation("ui");
  return (
    <Modal
      opened={needsStepUp(error)}
      onClose={onCancel}
      title={t("session.stepUp.title")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <StepUpForm onProved={again} />
    </Modal>
  );
}
