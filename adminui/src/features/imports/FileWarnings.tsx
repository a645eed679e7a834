import { List } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { Note } from "@wardline/uikit/components/Note.tsx";
import { useTranslation } from "react-i18next";
import { noteText } from "../runs/runText.ts";

/** FileWarnings is what was odd about a file, in the words runs use too. */
export function FileWarnings({ warnings }: { warnings: string[] }) {
  const { t } = useTranslation("runs");
  return (
    <Note kind="warn" icon={<IconAlertTriangle size={20} />} role="status" data-testid="import-warnings">
      <List size="sm" listStyleType="none">
        {warnings.map((warning) => (
          <List.Item key={warning}>{noteText(warning, t)}</List.Item>
        ))}
      </List>
    </Note>
  );
}
