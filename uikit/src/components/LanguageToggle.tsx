import { ActionIcon, Menu, Text } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { languages } from "../i18n/setup.ts";

export function LanguageToggle() {
  const { t, i18n } = useTranslation("ui");
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon aria-label={`${t("language.label")}: ${i18n.language}`}>
          <Text component="span" size="sm" fw={600} tt="uppercase">
            {i18n.language}
          </Text>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {languages.map((language) => (
          <Menu.Item
            key={language}
            lang={language}
            rightSection={language === i18n.language ? <IconCheck size={16} /> : null}
            onClick={() => void i18n.changeLanguage(language)}
          >
            {t(`language.${language}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
