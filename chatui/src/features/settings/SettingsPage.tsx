import { Stack, Title } from "@mantine/core";
import { IconSettings } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { useTranslation } from "react-i18next";

export function SettingsPage() {
  const { t } = useTranslation("settings");
  return (
    <Stack p="md" gap="md">
      <Title order={1} size="h3">
        {t("title")}
      </Title>
      <EmptyState icon={IconSettings} title={t("empty.title")} hint={t("empty.hint")} />
    </Stack>
  );
}
