import { Button, Text } from "@mantine/core";
import { IconDevices } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChat } from "../../chat/useChat.ts";
import { AddDevice } from "./AddDevice.tsx";
import classes from "./Linking.module.css";

/** WaitingBanner tells an old device that a new one of the same person wants to be linked, or that somebody pretends so. */
export function WaitingBanner() {
  const { t } = useTranslation("linking");
  const waiting = useChat((state) => state.waiting);
  const certified = useChat((state) => state.link.step === "certified");
  const [open, setOpen] = useState(false);
  const [later, setLater] = useState("");
  const key = waiting.map(({ id }) => id).join();
  const [first] = waiting;
  if (!certified || !first) return null;
  return (
    <>
      {key !== later && (
        <div className={classes["hint"]} role="status" data-testid="waiting-device">
          <IconDevices size={26} aria-hidden="true" />
          <Text className={classes["hintText"] ?? ""} size="sm">
            {t("waiting.text", { name: first.name })}
          </Text>
          <Button size="sm" mih={44} onClick={() => setOpen(true)} data-testid="link-waiting">
            {t("waiting.link")}
          </Button>
          <Button size="sm" mih={44} variant="default" onClick={() => setLater(key)}>
            {t("waiting.later")}
          </Button>
        </div>
      )}
      <AddDevice opened={open} onClose={() => setOpen(false)} />
    </>
  );
}
