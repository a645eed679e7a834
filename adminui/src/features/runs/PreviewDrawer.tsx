import { Alert, Button, Drawer, Group, Loader, Stack, Text } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { SourcePreview } from "../../api/runs.ts";
import type { JsonObject } from "../../api/systems.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { needsStepUp, StepUp } from "../../components/StepUp.tsx";
import { usePreview } from "./calls.ts";
import { PreviewTable } from "./PreviewTable.tsx";
import { faultText, runDetail } from "./runText.ts";

interface Asked {
  kind: string;
  id?: string;
  config: JsonObject;
}

function Result({ preview }: { preview: SourcePreview }) {
  const { t } = useTranslation("runs");
  const { records, fault, end_of_source: end } = preview;
  return (
    <Stack gap="sm" data-testid="preview" data-count={records.length}>
      {fault && (
        <Alert color="red" variant="light" role="alert" title={faultText(fault.name, t)}>
          {runDetail(fault, t)}
        </Alert>
      )}
      {!fault && records.length === 0 && <Text>{t("preview.none")}</Text>}
      {records.length > 0 && (
        <>
          <Text>
            {t("preview.count", { count: records.length })} {end && t("preview.end")}
          </Text>
          <PreviewTable records={records} />
        </>
      )}
    </Stack>
  );
}

function Preview({ asked, onDone }: { asked: Asked; onDone: () => void }) {
  const { t } = useTranslation("runs");
  const preview = usePreview();
  const begun = useRef(false);
  const load = (): void =>
    preview.mutate(asked, { onSuccess: ({ fault, records }) => !fault && records.length > 0 && onDone() });
  // Once for each opening: it reads people at the source, and each reading is audited.
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    load();
  });
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t("preview.hint")}
      </Text>
      {preview.isPending && <Loader aria-label={t("loading")} data-testid="loading" />}
      {preview.data && <Result preview={preview.data} />}
      {!needsStepUp(preview.error) && (
        <ActionError error={preview.error} codes={{ no_source: t("start.noSource"), not_running: t("start.notRunning") }} />
      )}
      <StepUp error={preview.error} again={load} onCancel={preview.reset} />
      <Group>
        <Button variant="default" onClick={load} loading={preview.isPending}>
          {t("preview.again")}
        </Button>
      </Group>
    </Stack>
  );
}

interface Props {
  /** null: closed. */
  asked: Asked | null;
  onClose: () => void;
  /** People were seen. */
  onDone?: () => void;
}

/** PreviewDrawer shows the first people of a source as they would arrive; nothing is stored. */
export function PreviewDrawer({ asked, onClose, onDone = () => undefined }: Props) {
  const { t } = useTranslation("runs");
  return (
    <Drawer
      opened={asked !== null}
      onClose={onClose}
      position="right"
      size="xl"
      title={t("preview.title")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {asked && <Preview asked={asked} onDone={onDone} />}
    </Drawer>
  );
}
