import { Button, Group, Stack } from "@mantine/core";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Import, ImportAsk, Run } from "../../api/runs.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { Download } from "../../components/Download.tsx";
import { reasonText } from "../plans/planText.ts";
import { RecordTable } from "../runs/RecordTable.tsx";
import { RunSummary } from "../runs/RunPage.tsx";
import { useApplyImport } from "./calls.ts";
import { FileFacts } from "./FileFacts.tsx";
import { PlanTable } from "./PlanTable.tsx";
import { refusedFile, useRefusals } from "./useRefusals.ts";

interface Props {
  taken: Import;
  ask: ImportAsk;
  run: Run;
  onApplied: (run: Run) => void;
  onBack: () => void;
}

/** DryStep shows what the file would do and which rows are faulty, before anything happens. */
export function DryStep({ taken, ask, run, onApplied, onBack }: Props) {
  const { t } = useTranslation("imports");
  const { t: say } = useTranslation("plans");
  const [asking, setAsking] = useState(false);
  const apply = useApplyImport();
  const refusals = useRefusals(apply.error);
  const take = (): void => {
    setAsking(false);
    apply.mutate({ id: taken.id, ask }, { onSuccess: onApplied });
  };
  const locks = run.counts.lock;
  const held = run.reason;
  return (
    <Stack>
      <FileFacts taken={taken} />
      <RunSummary run={run} />
      <RecordTable run={run} />
      {run.plan_id && <PlanTable plan={run.plan_id} />}
      <ActionError error={refusedFile(apply.error)} codes={{ ...refusals, not_found: t("gone") }} />
      <Group>
        {run.state !== "failed" && (
          <Button
            loading={apply.isPending}
            onClick={() => (held || locks > 0 ? setAsking(true) : take())}
            data-testid="import-apply"
          >
            {t(held ? "submit" : "apply")}
          </Button>
        )}
        <Button variant="default" onClick={onBack}>
          {t("backToMapping")}
        </Button>
        <Download path={`/imports/${taken.id}/result`} label={t("resultFile")} data-testid="import-result" />
      </Group>
      <ConfirmModal
        opened={asking}
        title={t(held ? "submitTitle" : "applyTitle")}
        confirmLabel={t(held ? "submit" : "apply")}
        dangerous={!held}
        onConfirm={take}
        onClose={() => setAsking(false)}
      >
        {held ? t("submitText", { why: reasonText(held, say) }) : t("applyLocks", { count: locks })}
      </ConfirmModal>
    </Stack>
  );
}
