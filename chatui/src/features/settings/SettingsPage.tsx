import { Stack, Text, Title } from "@mantine/core";
import { SecondaryNotice } from "@wardline/uikit/components/SecondaryNotice.tsx";
import { useMe } from "@wardline/uikit/session/SessionProvider.tsx";
import { useTranslation } from "react-i18next";
import { BackupSection } from "../linking/BackupSection.tsx";
import { PushSection } from "../linking/PushSection.tsx";
import { AccessSections } from "./AccessSections.tsx";
import { DeviceList } from "./DeviceList.tsx";
import { LookSettings } from "./LookSettings.tsx";
import { SignOutSection } from "./SignOutSection.tsx";
import { SoundTest } from "./SoundTest.tsx";

export function SettingsPage() {
  const { t } = useTranslation("settings");
  const me = useMe();
  return (
    <Stack p="md" gap="md" maw={760} mx="auto">
      <Title order={1} size="h3">
        {t("title")}
      </Title>
      <Text c="dimmed">{t("signedIn", { name: me.name, clinic: me.clinic?.name ?? "" })}</Text>
      <SoundTest />
      <LookSettings />
      <PushSection />
      <DeviceList />
      <AccessSections />
      <BackupSection />
      <SignOutSection />
      <Text size="xs" c="dimmed">
        {t("version", { version: me.version })}
      </Text>
      <SecondaryNotice />
    </Stack>
  );
}
