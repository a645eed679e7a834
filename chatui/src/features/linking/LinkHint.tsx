import { Button, Text } from "@mantine/core";
import { IconDevices } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useChat } from "../../chat/useChat.ts";
import classes from "./Linking.module.css";

/** LinkHint stands above the list while this browser waits to be linked; the alarms below go on as ever. */
export function LinkHint() {
  const { t } = useTranslation("linking");
  const pending = useChat((state) => state.link.step === "pending");
  if (!pending) return null;
  return (
    <div className={classes["hint"]} role="status" data-testid="link-hint">
      <IconDevices size={26} aria-hidden="true" />
      <Text className={classes["hintText"] ?? ""} size="sm">
        {t("hint")}
      </Text>
      <Button component={Link} to="/link" size="sm" mih={44} data-testid="open-link">
        {t("hintButton")}
      </Button>
    </div>
  );
}
