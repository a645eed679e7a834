import { ActionIcon, Text } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Unit } from "../../api/directory.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { ToneBadge } from "../../components/Badges.tsx";
import { useDeleteRole } from "./calls.ts";
import { FollowSwitch } from "./FollowSwitch.tsx";
import classes from "./UnitNode.module.css";

/** RoleLine is a role with who fills it now, or a warning that nobody does. */
export function RoleLine({ role }: { role: Unit["roles"][number] }) {
  const { t } = useTranslation("units");
  const [asking, setAsking] = useState(false);
  const remove = useDeleteRole();
  const names = role.on_duty.map(({ name }) => name).join(", ");
  return (
    <div
      className={classes["role"]}
      data-testid="role"
      data-role-name={role.name}
      data-state={names ? "covered" : "uncovered"}
    >
      <Text span fw={600} size="sm">
        {role.name}
      </Text>
      {names ? <span>{t("onDuty", { names })}</span> : <ToneBadge tone="warn" label={t("uncovered")} />}
      <ActionIcon
        size={32}
        aria-label={t("deleteRole", { name: role.name })}
        onClick={() => setAsking(true)}
        data-testid="role-delete"
      >
        <IconTrash size={16} />
      </ActionIcon>
      <FollowSwitch of={{ role_id: role.id }} label={t("follow.role")} name={role.name} />
      <ConfirmModal
        opened={asking}
        title={t("deleteTitle", { name: role.name })}
        confirmLabel={t("delete")}
        dangerous
        pending={remove.isPending}
        onConfirm={() => remove.mutate(role.id, { onSuccess: () => setAsking(false) })}
        onClose={() => setAsking(false)}
      >
        {t("deleteText")}
        <ActionError error={remove.error} />
      </ConfirmModal>
    </div>
  );
}
