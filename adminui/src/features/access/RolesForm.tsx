import { Button, Checkbox, Group, Stack } from "@mantine/core";
import type { Role } from "@wardline/uikit/session/authApi.ts";
import { useMe } from "@wardline/uikit/session/SessionProvider.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Access } from "../../api/access.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { useSetRoles } from "./calls.ts";

const roles: readonly Role[] = ["owner", "people", "policy", "connectors", "auditor"];

/** RolesForm gives and takes rights at the console; only an owner sees it. */
export function RolesForm({ access }: { access: Access }) {
  const { t } = useTranslation("access");
  const me = useMe();
  const [chosen, setChosen] = useState<Role[]>(access.roles);
  const save = useSetRoles(access.account_id);
  if (!me.roles?.includes("owner")) return null;
  const same = chosen.length === access.roles.length && chosen.every((role) => access.roles.includes(role));
  return (
    <Stack gap="xs">
      <Checkbox.Group label={t("roles.title")} value={chosen} onChange={(next) => setChosen(next as Role[])}>
        <Stack gap={6} mt={4}>
          {roles.map((role) => (
            <Checkbox key={role} value={role} label={t(`roles.${role}`)} description={t(`roles.${role}Means`)} />
          ))}
        </Stack>
      </Checkbox.Group>
      <ActionError error={save.error} codes={{ last_owner: t("roles.lastOwner") }} />
      <Group>
        <Button
          variant="light"
          disabled={same}
          loading={save.isPending}
          onClick={() => save.mutate(chosen)}
          data-testid="roles-save"
        >
          {t("roles.save")}
        </Button>
      </Group>
    </Stack>
  );
}
