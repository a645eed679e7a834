import { AppShell, Burger, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { AccountMenu } from "@wardline/uikit/components/AccountMenu.tsx";
import { AppLogo } from "@wardline/uikit/components/AppLogo.tsx";
import { ColorSchemeToggle } from "@wardline/uikit/components/ColorSchemeToggle.tsx";
import { DemoBanner } from "@wardline/uikit/components/DemoBanner.tsx";
import { LanguageToggle } from "@wardline/uikit/components/LanguageToggle.tsx";
import { useMe } from "@wardline/uikit/session/SessionProvider.tsx";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { LiveProvider } from "../live/LiveProvider.tsx";
import { Navigation } from "./Navigation.tsx";

const barHeight = 60;
const bannerHeight = 26;

function Bar({ opened, toggle }: { opened: boolean; toggle: () => void }) {
  const { t } = useTranslation();
  return (
    <Group h={barHeight} px="md" justify="space-between" wrap="nowrap">
      <Group gap="sm" wrap="nowrap">
        <Burger
          opened={opened}
          onClick={toggle}
          hiddenFrom="md"
          size="sm"
          aria-label={t(opened ? "closeNavigation" : "openNavigation")}
        />
        <AppLogo suffix={t("console")} />
      </Group>
      <Group gap={4} wrap="nowrap">
        <LanguageToggle />
        <ColorSchemeToggle />
        <AccountMenu />
      </Group>
    </Group>
  );
}

/** ConsoleShell is the frame of every page behind the sign-in. */
export function ConsoleShell({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const me = useMe();
  const [opened, { toggle, close }] = useDisclosure(false);
  return (
    <AppShell
      header={{ height: barHeight + (me.demo ? bannerHeight : 0) }}
      navbar={{ width: 264, breakpoint: "md", collapsed: { mobile: !opened } }}
      padding={{ base: "md", md: "lg" }}
    >
      <a className="wl-skip-link" href="#content">
        {t("skipToContent")}
      </a>
      <AppShell.Header>
        <DemoBanner />
        <Bar opened={opened} toggle={toggle} />
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={t("navigation.label")}>
        <Navigation onPick={close} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <LiveProvider>{children}</LiveProvider>
      </AppShell.Main>
    </AppShell>
  );
}
