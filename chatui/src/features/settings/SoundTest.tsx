import { Button, Group, Text } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Level } from "../../sound/patterns.ts";
import { alarmSound, useSoundState } from "../alarms/soundState.ts";
import { Section } from "./Section.tsx";

const levels: readonly Level[] = ["call", "urgent", "emergency"];

/** SoundTest lets a nurse learn the three sounds, and hear whether the volume is up. */
export function SoundTest() {
  const { t } = useTranslation("settings");
  const state = useSoundState();
  const play = async (level: Level): Promise<void> => {
    if ((await alarmSound.unlock()) === "ready") alarmSound.once(level);
  };
  return (
    <Section title={t("sound.title")} testId="settings-sound">
      <Text>{t(state === "ready" ? "sound.on" : "sound.off")}</Text>
      <Group gap="xs">
        {levels.map((level) => (
          <Button
            key={level}
            variant="default"
            leftSection={<IconPlayerPlay size={18} />}
            onClick={() => void play(level)}
            data-testid={`sound-test-${level}`}
          >
            {t(`sound.${level}`)}
          </Button>
        ))}
      </Group>
      <Text size="sm" c="dimmed">
        {t("sound.hint")}
      </Text>
    </Section>
  );
}
