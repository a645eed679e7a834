import { Group } from "@mantine/core";
import { useLocation } from "@tanstack/react-router";
import { LogoMark } from "@wardline/uikit/components/AppLogo.tsx";
import { DemoBanner } from "@wardline/uikit/components/DemoBanner.tsx";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { AlarmCenter } from "../features/alarms/AlarmCenter.tsx";
import { ConnectionBanner } from "../features/connection/ConnectionBanner.tsx";
import { ConnectionMark } from "../features/connection/ConnectionMark.tsx";
import { DutyChip } from "../features/duty/DutyChip.tsx";
import { Shortcuts } from "../features/keys/Shortcuts.tsx";
import { WaitingBanner } from "../features/linking/WaitingBanner.tsx";
import classes from "./ChatShell.module.css";
import { NavigationBar } from "./NavigationBar.tsx";

/**
 * ChatShell fills exactly the window and never scrolls itself: the page inside
 * it decides what scrolls, so that a composer can stay at the bottom. What a
 * nurse must not miss is above the page: connection, sound, open calls.
 */
export function ChatShell({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const talk = useLocation({ select: ({ pathname }) => pathname.startsWith("/chat/") });
  return (
    <div className={classes["shell"]} data-talk={talk || undefined}>
      <a className="wl-skip-link" href="#content">
        {t("skipToContent")}
      </a>
      <header className={classes["header"]}>
        <DemoBanner />
        <Group h={56} px="md" gap="sm" justify="space-between" wrap="nowrap">
          <LogoMark />
          <Group gap="sm" wrap="nowrap" miw={0}>
            <DutyChip />
            <ConnectionMark />
          </Group>
        </Group>
        <ConnectionBanner />
        <AlarmCenter />
        <WaitingBanner />
      </header>
      <div className={classes["navigation"]}>
        <NavigationBar />
      </div>
      <main className={classes["main"]} id="content" tabIndex={-1}>
        {children}
      </main>
      <Shortcuts />
    </div>
  );
}
