import { Button, Group, Menu, Text } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { BulkOp, PersonQuery } from "../../api/staff.ts";
import { BulkDrawer } from "./BulkDrawer.tsx";
import { nobody, whom, type Chosen } from "./selection.ts";

const ops: BulkOp[] = ["lock", "unlock", "add_unit", "remove_unit", "set_field", "add_group", "remove_group"];

interface Props {
  chosen: Chosen;
  choose: (next: Chosen) => void;
  filter: PersonQuery;
  /** How many people the filter finds, as far as that is known. */
  found: number | undefined;
}

function Count({ chosen }: { chosen: Chosen }) {
  const { t } = useTranslation("persons");
  if (chosen.all) return t("bulk.allFound");
  return chosen.ids.size === 0 ? t("bulk.none") : t("bulk.chosen", { count: chosen.ids.size });
}

/** BulkBar says who is chosen and offers what can be done to all of them at once. */
export function BulkBar({ chosen, choose, filter, found }: Props) {
  const { t } = useTranslation("persons");
  const [op, setOp] = useState<BulkOp | null>(null);
  const any = chosen.all || chosen.ids.size > 0;
  return (
    <Group gap="sm" data-testid="bulk-bar" mih={36}>
      {found !== undefined && (
        <Text size="sm" fw={600} data-testid="person-total" data-total={found}>
          {t("total", { count: found })}
        </Text>
      )}
      <Text size="sm" role="status">
        <Count chosen={chosen} />
      </Text>
      {!chosen.all && (
        <Button size="compact-sm" variant="subtle" onClick={() => choose({ ids: new Set(), all: true })} data-testid="select-found">
          {found === undefined ? t("bulk.chooseAll") : t("bulk.chooseAllOf", { count: found })}
        </Button>
      )}
      {any && (
        <>
          <Button size="compact-sm" variant="subtle" onClick={() => choose(nobody)}>
            {t("bulk.clear")}
          </Button>
          <Menu position="bottom-start">
            <Menu.Target>
              <Button size="sm" rightSection={<IconChevronDown size={16} aria-hidden="true" />} data-testid="bulk-menu">
                {t("bulk.do")}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {ops.map((name) => (
                <Menu.Item key={name} onClick={() => setOp(name)} data-testid={`bulk-${name}`}>
                  {t(`bulk.op.${name}`)}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        </>
      )}
      <BulkDrawer op={op} whom={whom(chosen, filter)} onClose={() => setOp(null)} onDone={() => choose(nobody)} />
    </Group>
  );
}
