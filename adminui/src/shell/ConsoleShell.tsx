import { Alert, AppShell, Burger, Group, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconFingerprint, IconKey } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { AccountMenu } from "@wardline/uikit/components/AccountMenu.tsx";
import { AppLogo } from "@wardline/uikit/components/AppLogo.tsx";
import { ColorSchemeToggle } from "@wardline/uikit/components/ColorSchemeToggle.tsx";
import { DemoBanner } from "@wardline/uikit/components/DemoBanner.tsx";
import { LanguageToggle } from "@wardline/uikit/components/LanguageToggle.tsx";
import { useMe } from "@wardline/uikit/session/SessionProvider.tsx";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { LinkTo } from "../components/LinkTo.tsx";
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
        <AccountMenu>
          <Menu.Item component={Link} to="/access" leftSection={<IconFingerprint size={18} />}>
            {t("access.menu")}
          </Menu.Item>
          <Menu.Item component={Link} to="/password" leftSection={<IconKey size={18} />}>
            {t("password.menu")}
          </Menu.Item>
        </AccountMenu>
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
        {/* A sign-in link works once: without a password nobody gets in a second time. */}
        {me.has_password === false && !me.demo && (
          <Alert color="orange" variant="light" mb="md" data-testid="no-password">
            {t("password.none")} <LinkTo to="/password">{t("password.menu")}</LinkTo>
          </Alert>
        )}
        <LiveProvider>{children}</LiveProvider>
      </AppShell.Main>
    </AppShell>
  );
}
