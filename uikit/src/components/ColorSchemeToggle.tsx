import { ActionIcon, Menu, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { IconCheck, IconDeviceDesktop, IconMoon, IconSun, type Icon } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

const icons: Record<MantineColorScheme, Icon> = {
  auto: IconDeviceDesktop,
  light: IconSun,
  dark: IconMoon,
};

const schemes: MantineColorScheme[] = ["auto", "light", "dark"];

/** ColorSchemeToggle offers light, dark and, as the default, what the system says. */
export function ColorSchemeToggle() {
  const { t } = useTranslation("ui");
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Current = icons[colorScheme];
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon aria-label={t("colorScheme.label")}>
          <Current size={20} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {schemes.map((scheme) => {
          const SchemeIcon = icons[scheme];
          return (
            <Menu.Item
              key={scheme}
              leftSection={<SchemeIcon size={18} />}
              rightSection={scheme === colorScheme ? <IconCheck size={16} /> : null}
              onClick={() => setColorScheme(scheme)}
            >
              {t(`colorScheme.${scheme}`)}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
