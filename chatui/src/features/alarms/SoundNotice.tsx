import { Button, Text } from "@mantine/core";
import { IconVolume, IconVolumeOff } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./SoundNotice.module.css";
import { alarmSound, useSoundState } from "./soundState.ts";

/**
 * SoundNotice stays until alarms can be heard: browsers keep a page silent until
 * it is touched. The test sound also shows a nurse how an alarm sounds here.
 */
export function SoundNotice() {
  const { t } = useTranslation("alarms");
  const state = useSoundState();
  const [failed, setFailed] = useState(false);
  if (state === "ready") return null;
  const enable = async (): Promise<void> => {
    const now = await alarmSound.unlock();
    setFailed(now !== "ready");
    if (now === "ready") alarmSound.once("urgent");
  };
  return (
    <section className={classes["notice"]} role="alert" data-testid="sound-notice">
      <IconVolumeOff size={28} aria-hidden="true" />
      <div className={classes["text"]}>
        <Text fw={700}>{t("sound.off")}</Text>
        <Text size="sm">{t(failed ? "sound.failed" : "sound.hint")}</Text>
      </div>
      <Button leftSection={<IconVolume size={20} />} onClick={() => void enable()} data-testid="sound-enable">
        {t("sound.enable")}
      </Button>
    </section>
  );
}
