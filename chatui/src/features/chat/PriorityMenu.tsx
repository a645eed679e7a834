import { ActionIcon, Menu, Text } from "@mantine/core";
import { IconFlag, IconFlagFilled } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Priority } from "../../chat/model.ts";

const priorities: readonly Priority[] = [0, 1, 2];

interface Props {
  value: Priority;
  onChange: (value: Priority) => void;
}

const colors = ["var(--mantine-color-dimmed)", "var(--wl-priority-urgent)", "var(--wl-priority-emergency)"] as const;

export function PriorityMenu({ value, onChange }: Props) {
  const { t } = useTranslation("chat");
  const Flag = value === 0 ? IconFlag : IconFlagFilled;
  return (
    <Menu position="top-start" width={300} withinPortal>
      <Menu.Target>
        <ActionIcon size={46} aria-label={t("composer.priority", { value: t(`prioName.${value}`) })} data-testid="priority" data-value={value}>
          <Flag size={22} color={colors[value]} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("composer.priorityTitle")}</Menu.Label>
        <Menu.RadioGroup value={String(value)} onChange={(next) => onChange(Number(next) as Priority)}>
          {priorities.map((one) => (
            <Menu.RadioItem key={one} value={String(one)} closeMenuOnClick mih={44} data-testid={`priority-${one}`}>
              <Text fw={600} c={one === 0 ? "inherit" : colors[one]}>
                {t(`prioName.${one}`)}
              </Text>
              <Text size="sm" c="dimmed">
                {t(`prioHint.${one}`)}
              </Text>
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
