import { Button, Group, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Import, Run } from "../../api/runs.ts";
import { Download } from "../../components/Download.tsx";
import { Panel } from "../../components/Panel.tsx";
import { UndoButton } from "../plans/UndoButton.tsx";
import { RecordTable } from "../runs/RecordTable.tsx";
import { RunSummary } from "../runs/RunPage.tsx";
import { FileFacts } from "./FileFacts.tsx";

interface Props {
  taken: Import;
  run: Run;
  onAgain: () => void;
}

/** ResultStep is what became of the file, with a way back. */
export function ResultStep({ taken, run, onAgain }: Props) {
  const { t } = useTranslation("imports");
  return (
    <Stack data-testid="import-done" data-state={run.state}>
      <FileFacts taken={taken} />
      <RunSummary run={run} />
      <RecordTable run={run} />
      <Panel title={t("then")}>
        <Stack gap="sm">
          <Group>
            <Download path={`/imports/${taken.id}/result`} label={t("resultFile")} data-testid="import-result" />
            <Button variant="default" onClick={onAgain}>
              {t("again")}
            </Button>
          </Group>
          {run.state === "applied" && run.plan_id && <UndoButton plan={run.plan_id} open />}
        </Stack>
      </Panel>
    </Stack>
  );
}
