import { Group } from "@mantine/core";
import { AccountMenu } from "@wardline/uikit/components/AccountMenu.tsx";
import { AppLogo } from "@wardline/uikit/components/AppLogo.tsx";
import { ColorSchemeToggle } from "@wardline/uikit/components/ColorSchemeToggle.tsx";
import { DemoBanner } from "@wardline/uikit/components/DemoBanner.tsx";
import { LanguageToggle } from "@wardline/uikit/components/LanguageToggle.tsx";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./ChatShell.module.css";
import { NavigationBar } from "./NavigationBar.tsx";

/**
 * ChatShell fills exactly the window and never scrolls itself: the page inside
 * it decides what scrolls, so that a composer can stay at the bottom.
 */
export function ChatShell({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className={classes["shell"]}>
      <a className="wl-skip-link" href="#content">
        {t("skipToContent")}
      </a>
      <header className={classes["header"]}>
        <DemoBanner />
        <Group h={56} px="md" justify="space-between" wrap="nowrap">
          <AppLogo />
          <Group gap={4} wrap="nowrap">
            <LanguageToggle />
            <ColorSchemeToggle />
            <AccountMenu />
          </Group>
        </Group>
      </header>
      <div className={classes["navigation"]}>
        <NavigationBar />
      </div>
      <main className={classes["main"]} id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}
