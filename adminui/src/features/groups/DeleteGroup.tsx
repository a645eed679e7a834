import { Button, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Group } from "../../api/staff.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { Panel } from "../../components/Panel.tsx";
import { useDeleteGroup } from "./calls.ts";

/** DeleteGroup removes a group; its room and the people in it stay. */
export function DeleteGroup({ group }: { group: Group }) {
  const { t } = useTranslation("groups");
  const navigate = useNavigate();
  const remove = useDeleteGroup(() => void navigate({ to: "/groups" }));
  const [asking, setAsking] = useState(false);
  return (
    <Panel title={t("delete.title")}>
      <Text size="sm" mb="sm">
        {t(group.kind === "source" ? "delete.source" : "delete.hint")}
      </Text>
      <Button variant="default" c="var(--mantine-color-error)" onClick={() => setAsking(true)} data-testid="group-delete">
        {t("delete.button")}
      </Button>
      <ConfirmModal
        opened={asking}
        title={t("delete.ask", { name: group.name })}
        confirmLabel={t("delete.button")}
        dangerous
        pending={remove.isPending}
        onConfirm={() => remove.mutate(group.id)}
        onClose={() => setAsking(false)}
      >
        <Text mb="xs">{t("delete.text")}</Text>
        <ActionError error={remove.error} />
      </ConfirmModal>
    </Panel>
  );
}
