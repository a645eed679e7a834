import { Button, Modal, Stack, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconPrinter } from "@tabler/icons-react";
import { Note } from "@wardline/uikit/components/Note.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { groupsOf, typedRecoveryCode } from "./code.ts";
import classes from "./Linking.module.css";
import { RecoverySheet } from "./RecoverySheet.tsx";

interface Props {
  code: string;
  onClose: () => void;
}

/** NewBackup shows the recovery code this once. It closes when the last group was typed: then it is on paper. */
export function NewBackup({ code, onClose }: Props) {
  const { t } = useTranslation("linking");
  const [typed, setTyped] = useState("");
  const groups = groupsOf(code);
  const right = typedRecoveryCode(typed) === groups.at(-1);
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("code.title")}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      data-testid="new-backup"
    >
      <Stack>
        <Note kind="warn" icon={<IconAlertTriangle />}>
          {t("code.once")}
        </Note>
        <p className={classes["recovery"]} role="group" aria-label={t("code.label")} data-testid="recovery-code-shown">
          {groups.map((group, at) => (
            <span key={at}>{group}</span>
          ))}
        </p>
        <RecoverySheet code={code} />
        <Button variant="default" leftSection={<IconPrinter size={20} />} onClick={() => window.print()} data-testid="print-code">
          {t("code.print")}
        </Button>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (right) onClose();
          }}
        >
          <Stack gap="sm">
            <TextInput
              label={t("code.typeLast")}
              size="md"
              autoComplete="off"
              autoCapitalize="characters"
              maxLength={4}
              value={typed}
              onChange={(change) => setTyped(change.currentTarget.value)}
              error={typed.trim().length === 4 && !right ? t("code.wrong") : null}
              data-testid="type-last"
            />
            <Button type="submit" disabled={!right} data-testid="code-kept">
              {t("code.kept")}
            </Button>
            <Text size="sm" c="dimmed">
              {t("code.lost")}
            </Text>
          </Stack>
        </form>
      </Stack>
    </Modal>
  );
}
