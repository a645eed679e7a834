import { Group, List, Loader, Select, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Import } from "../../api/runs.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { Download } from "../../components/Download.tsx";
import { FilePick } from "../../components/FilePick.tsx";
import { Panel } from "../../components/Panel.tsx";
import { useSheetChoices, useUpload } from "./calls.ts";
import { refusedFile, useRefusals } from "./useRefusals.ts";

/** FileStep takes the file, or gives an empty one to fill in. */
export function FileStep({ onTaken }: { onTaken: (taken: Import) => void }) {
  const { t } = useTranslation("imports");
  const sheets = useSheetChoices();
  const [connector, setConnector] = useState("");
  const upload = useUpload();
  const refusals = useRefusals(upload.error);
  return (
    <Panel title={t("step.file")}>
      <Stack>
        {sheets.length > 0 && (
          <Select
            label={t("source")}
            description={t("sourceHint")}
            placeholder={t("ownSource")}
            data={sheets}
            value={connector || null}
            clearable
            clearButtonProps={{ "aria-label": t("clear") }}
            onChange={(id) => setConnector(id ?? "")}
            maw={420}
          />
        )}
        <FilePick
          label={t("pick")}
          accept=".csv,.txt,.tsv,.xlsx"
          hint={t("pickHint")}
          file={upload.variables?.file ?? null}
          onPick={(file) => upload.mutate({ file, connector }, { onSuccess: onTaken })}
        />
        {upload.isPending && <Loader aria-label={t("loading")} data-testid="loading" />}
        <ActionError error={refusedFile(upload.error)} codes={{ ...refusals, empty: t("empty") }} />
        <div>
          <Text size="sm" fw={600}>
            {t("good.title")}
          </Text>
          <List size="sm">
            <List.Item>{t("good.header")}</List.Item>
            <List.Item>{t("good.key")}</List.Item>
            <List.Item>{t("good.values")}</List.Item>
          </List>
        </div>
        <Group>
          <Download path="/imports/template?format=xlsx&content=staff" label={t("template.xlsx")} data-testid="template-xlsx" />
          <Download path="/imports/template?format=csv&content=staff" label={t("template.csv")} data-testid="template-csv" />
        </Group>
      </Stack>
    </Panel>
  );
}
