import { Button, List, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "@tanstack/react-router";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PersonDetail } from "../../api/directory.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { Panel } from "../../components/Panel.tsx";
import { needsStepUp, StepUp } from "../../components/StepUp.tsx";
import { useErase } from "./calls.ts";

function What() {
  const { t } = useTranslation("persons");
  return (
    <Stack gap="xs" mb="sm">
      <Text size="sm">{t("erase.what")}</Text>
      <List size="sm">
        <List.Item>{t("erase.goes")}</List.Item>
        <List.Item>{t("erase.stays")}</List.Item>
        <List.Item>{t("erase.tombstone")}</List.Item>
      </List>
    </Stack>
  );
}

/** ErasePanel pseudonymises somebody, after it was explained and their number typed. */
export function ErasePanel({ person }: { person: PersonDetail }) {
  const { t } = useTranslation("persons");
  const navigate = useNavigate();
  const erase = useErase(person.id, () => {
    notifications.show({ message: t("erase.done") });
    void navigate({ to: "/persons" });
  });
  const [asking, setAsking] = useState(false);
  const word = person.staff_number || person.name;
  const run = (): void => erase.mutate(word);
  return (
    <Panel title={t("erase.title")}>
      <What />
      <Button
        variant="default"
        c="var(--mantine-color-error)"
        onClick={() => setAsking(true)}
        data-testid="person-erase"
      >
        {t("erase.button")}
      </Button>
      <ConfirmModal
        opened={asking && !needsStepUp(erase.error)}
        title={t("erase.ask", { name: person.name })}
        confirmLabel={t("erase.button")}
        dangerous
        typed={{ label: t("erase.type", { word }), word }}
        pending={erase.isPending}
        onConfirm={run}
        onClose={() => {
          setAsking(false);
          erase.reset();
        }}
      >
        <Text mb="xs">{t("erase.text")}</Text>
        <ActionError error={erase.error} codes={{ confirm: t("erase.confirm") }} />
      </ConfirmModal>
      <StepUp error={erase.error} again={run} onCancel={erase.reset} />
    </Panel>
  );
}
