import { Stack, Stepper } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Import, ImportAsk, Run } from "../../api/runs.ts";
import { Page } from "../../shell/Page.tsx";
import { DryStep } from "./DryStep.tsx";
import { FileStep } from "./FileStep.tsx";
import { MappingStep } from "./MappingStep.tsx";
import { ResultStep } from "./ResultStep.tsx";
import { startMapping } from "./mapping.ts";

interface Work {
  /** The file that was handed in. */
  taken?: Import;
  ask?: ImportAsk;
  dry?: Run;
  applied?: Run;
}

function stepOf({ taken, dry, applied }: Work): number {
  if (applied) return 3;
  if (dry) return 2;
  return taken ? 1 : 0;
}

/** ImportPage leads a file from the disk to people: choose, map, try, take. */
export function ImportPage() {
  const { t } = useTranslation("imports");
  const [work, setWork] = useState<Work>({});
  const { taken, ask, dry, applied } = work;
  const at = stepOf(work);
  const took = (file: Import): void =>
    setWork({ taken: file, ask: { mapping: startMapping(file), mode: "changes", key: file.key || "staff_number" } });
  return (
    <Page title={t("title")} intro={t("intro")}>
      <Stack>
        <Stepper active={at} size="sm" allowNextStepsSelect={false} data-testid="import-steps" data-step={at}>
          {["file", "mapping", "dry", "result"].map((step) => (
            <Stepper.Step key={step} label={t(`step.${step}`)} />
          ))}
        </Stepper>
        {at === 0 && <FileStep onTaken={took} />}
        {at === 1 && taken && ask && (
          <MappingStep
            taken={taken}
            ask={ask}
            onChange={(next) => setWork({ taken, ask: next })}
            onDry={(run) => setWork({ taken, ask, dry: run })}
            onBack={() => setWork({})}
          />
        )}
        {at === 2 && taken && ask && dry && (
          <DryStep
            taken={taken}
            ask={ask}
            run={dry}
            onApplied={(run) => setWork({ ...work, applied: run })}
            onBack={() => setWork({ taken, ask })}
          />
        )}
        {at === 3 && taken && applied && <ResultStep taken={taken} run={applied} onAgain={() => setWork({})} />}
      </Stack>
    </Page>
  );
}
