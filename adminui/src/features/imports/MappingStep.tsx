import { Alert, Button, Group, List, Radio, Select, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Import, ImportAsk, ImportKey, PassMode, Run } from "../../api/runs.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { Panel } from "../../components/Panel.tsx";
import { useDryImport } from "./calls.ts";
import { ColumnTable } from "./ColumnTable.tsx";
import { FileFacts } from "./FileFacts.tsx";
import { keys, mappingFaults } from "./mapping.ts";
import { useColumnName } from "./useColumnName.ts";
import { refusedFile, useRefusals } from "./useRefusals.ts";

interface Props {
  taken: Import;
  ask: ImportAsk;
  onChange: (ask: ImportAsk) => void;
  onDry: (run: Run) => void;
  onBack: () => void;
}

function How({ ask, onChange }: Pick<Props, "ask" | "onChange">) {
  const { t } = useTranslation("imports");
  const columnName = useColumnName();
  return (
    <Panel title={t("how.title")}>
      <Stack gap="sm">
        <Select
          label={t("how.key")}
          description={t("how.keyHint")}
          data={keys.map((value) => ({ value, label: columnName(value) }))}
          value={ask.key}
          allowDeselect={false}
          onChange={(key) => key && onChange({ ...ask, key: key as ImportKey })}
          maw={420}
          data-testid="import-key"
        />
        <Radio.Group
          label={t("how.mode")}
          value={ask.mode}
          onChange={(mode) => onChange({ ...ask, mode: mode as PassMode })}
        >
          <Stack gap="xs" mt="xs">
            <Radio value="changes" label={t("how.changes")} description={t("how.changesHint")} />
            <Radio value="full" label={t("how.full")} description={t("how.fullHint")} data-testid="import-full" />
          </Stack>
        </Radio.Group>
      </Stack>
    </Panel>
  );
}

/** MappingStep says what each column means, beside what is in it. */
export function MappingStep({ taken, ask, onChange, onDry, onBack }: Props) {
  const { t } = useTranslation("imports");
  const columnName = useColumnName();
  const dry = useDryImport();
  const refusals = useRefusals(dry.error);
  const faults = mappingFaults(ask.mapping, ask.key);
  return (
    <Stack>
      <FileFacts taken={taken} />
      <Panel title={t("step.mapping")}>
        <Text size="sm" mb="sm">
          {t(taken.remembered ? "remembered" : "suggested")}
        </Text>
        <ColumnTable taken={taken} mapping={ask.mapping} onChange={(mapping) => onChange({ ...ask, mapping })} />
      </Panel>
      <How ask={ask} onChange={onChange} />
      {faults.length > 0 && (
        <Alert color="orange" variant="light" role="status" data-testid="mapping-faults">
          <List size="sm" c="var(--mantine-color-text)">
            {faults.map(({ code, field }) => (
              <List.Item key={code + field}>{t(`fault.${code}`, { field: columnName(field) })}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      <ActionError error={refusedFile(dry.error)} codes={{ ...refusals, not_found: t("gone") }} />
      <Group>
        <Button
          disabled={faults.length > 0}
          loading={dry.isPending}
          onClick={() => dry.mutate({ id: taken.id, ask }, { onSuccess: onDry })}
          data-testid="import-dry"
        >
          {t("toDry")}
        </Button>
        <Button variant="default" onClick={onBack}>
          {t("otherFile")}
        </Button>
      </Group>
    </Stack>
  );
}
