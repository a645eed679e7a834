import { Button, Group, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Unit } from "../../api/directory.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { useAddRole } from "./calls.ts";

export function RoleForm({ unit, onDone }: { unit: Unit; onDone: () => void }) {
  const { t } = useTranslation("units");
  const [name, setName] = useState("");
  const add = useAddRole();
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    add.mutate({ unit: unit.id, name: name.trim() }, { onSuccess: onDone });
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" gap="sm" pl={12} my="xs">
        <TextInput
          label={t("roleName")}
          description={t("roleHint")}
          value={name}
          maxLength={120}
          autoFocus
          onChange={(change) => setName(change.currentTarget.value)}
          style={{ flex: "1 1 240px" }}
          data-testid="role-name"
        />
        <Button type="submit" disabled={name.trim() === ""} loading={add.isPending} data-testid="role-save">
          {t("addRole")}
        </Button>
        <Button variant="default" onClick={onDone}>
          {t("cancel")}
        </Button>
      </Group>
      <ActionError error={add.error} codes={{ name_taken: t("nameTaken") }} />
    </form>
  );
}
