import { Button, Group, Text, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PlanDetail } from "../../api/directory.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { Panel } from "../../components/Panel.tsx";
import { useApprove, useReject } from "./calls.ts";
import { UndoButton } from "./UndoButton.tsx";

function useCodes(): Record<string, string> {
  const { t } = useTranslation("plans");
  return { decided: t("decided"), stale: t("stale"), confirm: t("confirm"), role: t("role") };
}

function ApproveButton({ plan }: { plan: PlanDetail }) {
  const { t } = useTranslation("plans");
  const [asking, setAsking] = useState(false);
  const approve = useApprove(plan.id, () => {
    setAsking(false);
    notifications.show({ message: t("approved") });
  });
  const locks = plan.counts.lock;
  return (
    <>
      <Button color="red.9" onClick={() => setAsking(true)} data-testid="plan-approve">
        {t("approve")}
      </Button>
      <ConfirmModal
        opened={asking}
        title={t("approveTitle")}
        confirmLabel={t("approve")}
        dangerous
        typed={{ label: t("approveType", { count: locks }), word: String(locks) }}
        pending={approve.isPending}
        onConfirm={() => approve.mutate(String(locks))}
        onClose={() => setAsking(false)}
      >
        <Text mb="xs">{t("approveText", { count: locks })}</Text>
        <ActionError error={approve.error} codes={useCodes()} />
      </ConfirmModal>
    </>
  );
}

function RejectButton({ plan }: { plan: PlanDetail }) {
  const { t } = useTranslation("plans");
  const [asking, setAsking] = useState(false);
  const [comment, setComment] = useState("");
  const reject = useReject(plan.id, () => {
    setAsking(false);
    notifications.show({ message: t("rejected") });
  });
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)} data-testid="plan-reject">
        {t("reject")}
      </Button>
      <ConfirmModal
        opened={asking}
        title={t("rejectTitle")}
        confirmLabel={t("reject")}
        pending={reject.isPending}
        onConfirm={() => reject.mutate(comment.trim())}
        onClose={() => setAsking(false)}
      >
        <Text mb="xs">{t("rejectText")}</Text>
        <Textarea
          label={t("comment")}
          value={comment}
          maxLength={1000}
          autosize
          minRows={2}
          onChange={(change) => setComment(change.currentTarget.value)}
          data-testid="plan-comment"
        />
        <ActionError error={reject.error} codes={useCodes()} />
      </ConfirmModal>
    </>
  );
}

/** Decision takes the judgement, or takes back what was applied. */
export function Decision({ plan }: { plan: PlanDetail }) {
  const { t } = useTranslation("plans");
  if (plan.state === "applied" || plan.state === "undone") {
    return (
      <Panel title={t("undo.panel")}>
        <Text size="sm" mb="sm">
          {t(plan.state === "undone" ? "undo.already" : "undo.hint")}
        </Text>
        {/* It stays after the undo, so that its result does. */}
        <UndoButton plan={plan.id} open={plan.state === "applied"} />
      </Panel>
    );
  }
  if (plan.state !== "held") return null;
  return (
    <Panel title={t("decide")}>
      <Text size="sm" mb="sm">
        {t("decideHint")}
      </Text>
      <Group>
        <ApproveButton plan={plan} />
        <RejectButton plan={plan} />
      </Group>
    </Panel>
  );
}
