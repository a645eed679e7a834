import { Button, Group, Stack, TextInput } from "@mantine/core";
import { IconEye, IconPlugConnected } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Kind } from "../../api/systems.ts";
import { Panel } from "../../components/Panel.tsx";

interface Props {
  capabilities: Kind["capabilities"];
  comment: string;
  onComment: (comment: string) => void;
  saving: boolean;
  testing: boolean;
  onTest: () => void;
  onPreview: () => void;
}

/** SavePanel tries the settings in the form, and saves them with a comment. */
export function SavePanel({ capabilities, comment, onComment, saving, testing, onTest, onPreview }: Props) {
  const { t } = useTranslation("connectors");
  return (
    <Panel title={t("form.save")}>
      <Stack gap="sm">
        <TextInput
          label={t("form.comment")}
          description={t("form.commentHelp")}
          value={comment}
          onChange={(change) => onComment(change.currentTarget.value)}
          maxLength={500}
        />
        <Group>
          <Button type="submit" loading={saving} data-testid="connector-save">
            {t("form.save")}
          </Button>
          {capabilities.test && (
            <Button
              variant="default"
              leftSection={<IconPlugConnected size={18} aria-hidden="true" />}
              loading={testing}
              onClick={onTest}
              data-testid="connector-test"
            >
              {t("form.test")}
            </Button>
          )}
          {capabilities.pull && (
            <Button
              variant="default"
              leftSection={<IconEye size={18} aria-hidden="true" />}
              onClick={onPreview}
              data-testid="connector-preview"
            >
              {t("form.preview")}
            </Button>
          )}
        </Group>
      </Stack>
    </Panel>
  );
}
