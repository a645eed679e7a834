import { ActionIcon, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { Role } from "@wardline/uikit/session/authApi.ts";
import { useTranslation } from "react-i18next";
import type { Provider } from "../../api/access.ts";

interface Props {
  groups: Provider["groups"];
  onChange: (next: Provider["groups"]) => void;
}

const roles: readonly Role[] = ["owner", "people", "policy", "connectors", "auditor"];

/** GroupRoles says which group of a provider gives which right at the console. */
export function GroupRoles({ groups, onChange }: Props) {
  const { t } = useTranslation("policy");
  const words = useTranslation("access").t;
  const replace = (at: number, next: Provider["groups"][number]): void =>
    onChange(groups.map((one, i) => (i === at ? next : one)));
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500}>
        {t("groups.title")}
      </Text>
      {groups.map((one, at) => (
        <Group key={at} align="flex-end" wrap="nowrap">
          <TextInput
            label={t("groups.group")}
            style={{ flex: 1 }}
            value={one.group}
            onChange={(change) => replace(at, { ...one, group: change.currentTarget.value })}
          />
          <Select
            label={t("groups.role")}
            data={roles.map((value) => ({ value, label: words(`roles.${value}`) }))}
            allowDeselect={false}
            value={one.role}
            onChange={(role) => replace(at, { ...one, role: role as Role })}
          />
          <ActionIcon
            size="lg"
            variant="subtle"
            color="red"
            aria-label={t("groups.remove", { name: one.group })}
            onClick={() => onChange(groups.filter((_, i) => i !== at))}
          >
            <IconTrash size={18} />
          </ActionIcon>
        </Group>
      ))}
      <Group>
        <Button
          variant="subtle"
          size="xs"
          leftSection={<IconPlus size={16} aria-hidden="true" />}
          onClick={() => onChange([...groups, { group: "", role: "auditor" }])}
        >
          {t("groups.add")}
        </Button>
      </Group>
    </Stack>
  );
}
