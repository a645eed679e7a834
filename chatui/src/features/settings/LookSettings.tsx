import { Input, SegmentedControl, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { languages } from "@wardline/uikit/i18n/setup.ts";
import { useTranslation } from "react-i18next";
import { Section } from "./Section.tsx";

const schemes: readonly MantineColorScheme[] = ["auto", "light", "dark"];

export function LookSettings() {
  const { t, i18n } = useTranslation("settings");
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Section title={t("look.title")} testId="settings-look">
      <Input.Wrapper label={t("look.language")} labelElement="div">
        <SegmentedControl
          fullWidth
          aria-label={t("look.language")}
          value={i18n.language}
          onChange={(language) => void i18n.changeLanguage(language)}
          data={languages.map((value) => ({ value, label: t(`look.${value}`) }))}
        />
      </Input.Wrapper>
      <Input.Wrapper label={t("look.scheme")} labelElement="div">
        <SegmentedControl
          fullWidth
          aria-label={t("look.scheme")}
          value={colorScheme}
          onChange={(scheme) => setColorScheme(scheme as MantineColorScheme)}
          data={schemes.map((value) => ({ value, label: t(`look.${value}`) }))}
        />
      </Input.Wrapper>
    </Section>
  );
}
