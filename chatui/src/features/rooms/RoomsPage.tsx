import { Stack, Title } from "@mantine/core";
import { IconMessages } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { SecondaryNotice } from "@wardline/uikit/components/SecondaryNotice.tsx";
import { useTranslation } from "react-i18next";

export function RoomsPage() {
  const { t } = useTranslation("rooms");
  return (
    <Stack p="md" gap="md">
      <Title order={1} size="h3">
        {t("title")}
      </Title>
      <SecondaryNotice />
      <EmptyState icon={IconMessages} title={t("empty.title")} hint={t("empty.hint")} />
    </Stack>
  );
}
