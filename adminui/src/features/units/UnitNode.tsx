import { ActionIcon, Badge, Button, Group, Text } from "@mantine/core";
import { IconPencil, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Unit } from "../../api/directory.ts";
import { LinkTo } from "../../components/LinkTo.tsx";
import { FollowSwitch } from "./FollowSwitch.tsx";
import { RoleForm } from "./RoleForm.tsx";
import { RoleLine } from "./RoleLine.tsx";
import type { Node } from "./tree.ts";
import classes from "./UnitNode.module.css";

function UnitLine({ unit, onEdit }: { unit: Unit; onEdit: (unit: Unit) => void }) {
  const { t } = useTranslation("units");
  const [adding, setAdding] = useState(false);
  return (
    <div className={classes["unit"]} data-testid="unit" data-unit-code={unit.code}>
      <Group gap="xs" justify="space-between">
        <Group gap="xs">
          <Text fw={600}>{unit.name}</Text>
          <Badge color="gray">{t(`kind.${unit.kind}`, { defaultValue: unit.kind })}</Badge>
          <Text size="sm" c="dimmed">
            {unit.code}
            {unit.source?.name && ` · ${t("from", { source: unit.source.name })}`}
          </Text>
          <Text size="sm">
            <LinkTo to="/persons" search={{ unit: unit.code }}>
              {t("persons", { count: unit.persons })}
            </LinkTo>
          </Text>
        </Group>
        <Group gap={4}>
          <ActionIcon size={32} aria-label={t("edit", { unit: unit.name })} onClick={() => onEdit(unit)} data-testid="unit-edit">
            <IconPencil size={16} />
          </ActionIcon>
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<IconPlus size={16} aria-hidden="true" />}
            aria-label={t("addRoleTo", { unit: unit.name })}
            aria-expanded={adding}
            onClick={() => setAdding(!adding)}
            data-testid="role-add"
          >
            {t("addRole")}
          </Button>
        </Group>
      </Group>
      <FollowSwitch of={{ unit_id: unit.id }} label={t("follow.unit")} name={unit.name} />
      {unit.roles.map((role) => (
        <RoleLine key={role.id} role={role} />
      ))}
      {adding && <RoleForm unit={unit} onDone={() => setAdding(false)} />}
    </div>
  );
}

/** UnitNode is a unit with everything below it. */
export function UnitNode({ node, onEdit }: { node: Node; onEdit: (unit: Unit) => void }) {
  return (
    <li>
      <UnitLine unit={node.unit} onEdit={onEdit} />
      {node.children.length > 0 && (
        <ul className={classes["branch"]}>
          {node.children.map((child) => (
            <UnitNode key={child.unit.id} node={child} onEdit={onEdit} />
          ))}
        </ul>
      )}
    </li>
  );
}
