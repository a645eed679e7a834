import { Stack, Title } from "@mantine/core";
import { IconBellRinging } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { SecondaryNotice } from "@wardline/uikit/components/SecondaryNotice.tsx";
import { useTranslation } from "react-i18next";

export function RoomPage() {
  const { t } = useTranslation("room");
  return (
    <Stack p="md" gap="md">
      <Title order={1} size="h3">
        {t("title")}
      </Title>
      <SecondaryNotice />
      <EmptyState icon={IconBellRinging} title={t("empty.title")} hint={t("empty.hint")} />
    </Stack>
  );
}
