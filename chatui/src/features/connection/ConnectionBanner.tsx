import { Button, Text } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useBoard, useClient } from "../auth/ClientProvider.tsx";
import classes from "./ConnectionBanner.module.css";
import { useConnection } from "./useConnection.ts";

function clockText(at: number, language: string): string {
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : "de-DE", { hour: "2-digit", minute: "2-digit" }).format(at);
}

// The first second after opening the page is no outage.
const patience = 1_500;

function useLasting(wrong: boolean): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    setLasting(false);
    if (!wrong) return;
    const timer = setTimeout(() => setLasting(true), patience);
    return () => clearTimeout(timer);
  }, [wrong]);
  return wrong && lasting;
}

/** ConnectionBanner is loud on purpose: whoever believes to be reachable and is not endangers a patient. */
export function ConnectionBanner() {
  const { t, i18n } = useTranslation("connection");
  const { engine, restart } = useClient();
  const trouble = useBoard("trouble");
  const { state, since } = useConnection();
  const lost = useLasting(state === "lost");
  if (trouble) return <Banner title={t("trouble")} hint={t("troubleHint", { name: trouble })} />;
  if (state === "replaced") {
    return <Banner title={t("replaced")} hint={t("noAlarms")} action={t("takeBack")} onAction={restart} />;
  }
  if (!lost) return null;
  const title = t("lost", { time: clockText(since, i18n.language) });
  return <Banner title={title} hint={t("noAlarms")} action={t("now")} onAction={() => engine.nudge()} />;
}

interface BannerProps {
  title: string;
  hint: string;
  action?: string;
  onAction?: () => void;
}

function Banner({ title, hint, action, onAction }: BannerProps) {
  return (
    <div className={classes["banner"]} role="alert" data-testid="connection-banner">
      <IconPlugConnectedX size={30} aria-hidden="true" />
      <div className={classes["text"]}>
        <Text fw={700}>{title}</Text>
        <Text fw={650}>{hint}</Text>
      </div>
      {action && (
        <Button size="sm" variant="white" color="dark" onClick={onAction}>
          {action}
        </Button>
      )}
    </div>
  );
}
