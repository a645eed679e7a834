import { Stack, Title } from "@mantine/core";
import { IconUserCheck } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { useTranslation } from "react-i18next";

export function DutyPage() {
  const { t } = useTranslation("duty");
  return (
    <Stack p="md" gap="md">
      <Title order={1} size="h3">
        {t("title")}
      </Title>
      <EmptyState icon={IconUserCheck} title={t("empty.title")} hint={t("empty.hint")} />
    </Stack>
  );
}
