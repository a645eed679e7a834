import { Badge, Button, Group, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Unit } from "../../api/directory.ts";
import { LinkTo } from "../../components/LinkTo.tsx";
import { RoleForm } from "./RoleForm.tsx";
import { RoleLine } from "./RoleLine.tsx";
import type { Node } from "./tree.ts";
import classes from "./UnitNode.module.css";

function UnitLine({ unit }: { unit: Unit }) {
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
      {unit.roles.map((role) => (
        <RoleLine key={role.id} role={role} />
      ))}
      {adding && <RoleForm unit={unit} onDone={() => setAdding(false)} />}
    </div>
  );
}

/** UnitNode is a unit with everything below it. */
export function UnitNode({ node }: { node: Node }) {
  return (
    <li>
      <UnitLine unit={node.unit} />
      {node.children.length > 0 && (
        <ul className={classes["branch"]}>
          {node.children.map((child) => (
            <UnitNode key={child.unit.id} node={child} />
          ))}
        </ul>
      )}
    </li>
  );
}
