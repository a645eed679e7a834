import { Box, Button, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Connector } from "../../api/systems.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { Panel } from "../../components/Panel.tsx";
import { useDelete } from "./calls.ts";

/** DeletePanel removes a connector that is switched off, after its name was typed. */
export function DeletePanel({ connector }: { connector: Connector }) {
  const { t } = useTranslation("connectors");
  const navigate = useNavigate();
  const remove = useDelete(connector.id, () => void navigate({ to: "/connectors" }));
  const [asking, setAsking] = useState(false);
  return (
    <Box mt="md">
      <Panel title={t("delete.title")}>
        <Text size="sm" mb="sm">
          {t(connector.enabled ? "delete.first" : "delete.hint")}
        </Text>
        <Button
          variant="default"
          {...(connector.enabled ? {} : { c: "var(--mantine-color-error)" })}
          disabled={connector.enabled}
          onClick={() => setAsking(true)}
          data-testid="connector-delete"
        >
          {t("delete.button")}
        </Button>
        <ConfirmModal
          opened={asking}
          title={t("delete.title")}
          confirmLabel={t("delete.button")}
          dangerous
          typed={{ label: t("delete.type", { name: connector.name }), word: connector.name }}
          pending={remove.isPending}
          onConfirm={() => remove.mutate(undefined)}
          onClose={() => setAsking(false)}
        >
          {t("delete.text")}
          <ActionError error={remove.error} />
        </ConfirmModal>
      </Panel>
    </Box>
  );
}
