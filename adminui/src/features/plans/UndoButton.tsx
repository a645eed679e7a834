import { Button, List, Stack, Text } from "@mantine/core";
import { IconArrowBackUp } from "@tabler/icons-react";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { Note } from "@wardline/uikit/components/Note.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Undone } from "../../api/staff.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { useUndo } from "./calls.ts";

/** UndoResult says who was put back and who was left because somebody changed them since. */
export function UndoResult({ result }: { result: Undone }) {
  const { t } = useTranslation("plans");
  const { undone, skipped } = result;
  return (
    <Note
      kind={skipped.length > 0 ? "warn" : "good"}
      icon={<IconArrowBackUp size={20} />}
      role="status"
      data-testid="undo-result"
    >
      <Text>{t("undo.done", { count: undone })}</Text>
      {skipped.length > 0 && (
        <>
          <Text>{t("undo.skipped", { count: skipped.length })}</Text>
          <List size="sm">
            {skipped.map(({ id = "", name, staff_number: number }) => (
              <List.Item key={id || name}>
                {id ? (
                  <LinkTo to="/persons/$id" params={{ id }}>
                    {name}
                  </LinkTo>
                ) : (
                  name
                )}
                {number && ` (${number})`}
              </List.Item>
            ))}
          </List>
        </>
      )}
    </Note>
  );
}

/** UndoButton takes an applied plan back, after a question; its result stays on the page. */
export function UndoButton({ plan, open }: { plan: string; open: boolean }) {
  const { t } = useTranslation("plans");
  const [asking, setAsking] = useState(false);
  const undo = useUndo();
  return (
    <Stack gap="sm">
      {open && !undo.isSuccess && (
        <Button
          variant="default"
          leftSection={<IconArrowBackUp size={18} aria-hidden="true" />}
          onClick={() => setAsking(true)}
          style={{ alignSelf: "flex-start" }}
          data-testid="plan-undo"
        >
          {t("undo.button")}
        </Button>
      )}
      {undo.data && <UndoResult result={undo.data} />}
      <ConfirmModal
        opened={asking}
        title={t("undo.title")}
        confirmLabel={t("undo.button")}
        dangerous
        pending={undo.isPending}
        onConfirm={() => undo.mutate(plan, { onSuccess: () => setAsking(false) })}
        onClose={() => setAsking(false)}
      >
        <Text mb="xs">{t("undo.text")}</Text>
        <ActionError error={undo.error} codes={{ not_applied: t("undo.notApplied") }} />
      </ConfirmModal>
    </Stack>
  );
}
