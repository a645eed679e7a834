import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Import } from "../../api/runs.ts";
import { FileWarnings } from "./FileWarnings.tsx";

/** FileFacts is which file is being worked on, and what was odd about it. */
export function FileFacts({ taken }: { taken: Import }) {
  const { t } = useTranslation("imports");
  const warnings = taken.warnings ?? [];
  return (
    <>
      <Text data-testid="import-file">
        <strong>{taken.name}</strong>
        {" · "}
        {t("rows", { count: taken.rows })}
        {taken.sheet && ` · ${t("sheet", { sheet: taken.sheet })}`}
      </Text>
      {warnings.length > 0 && <FileWarnings warnings={warnings} />}
    </>
  );
}
