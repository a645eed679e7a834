import { Anchor, Stack } from "@mantine/core";
import { Link, Outlet, useMatches } from "@tanstack/react-router";
import { SecondaryNotice } from "@wardline/uikit/components/SecondaryNotice.tsx";
import { SignInCard } from "@wardline/uikit/components/SignInCard.tsx";
import { LinkNotice } from "@wardline/uikit/session/LinkSignIn.tsx";
import { MustDo } from "@wardline/uikit/session/MustDo.tsx";
import { SignInForm } from "@wardline/uikit/session/SignInForm.tsx";
import { useSession } from "@wardline/uikit/session/SessionProvider.tsx";
import { useTranslation } from "react-i18next";
import { ClientProvider } from "../features/auth/ClientProvider.tsx";
import { Door } from "../features/door/Door.tsx";
import { ChatShell } from "./ChatShell.tsx";

function SignInPage() {
  const { t } = useTranslation();
  return (
    <SignInCard
      title={t("signInTitle")}
      footer={
        <Stack gap="xs">
          <Anchor component={Link} to="/activate">
            {t("toActivation")}
          </Anchor>
          <SecondaryNotice />
        </Stack>
      }
    >
      <LinkNotice />
      <div data-testid="sign-in">
        <SignInForm />
      </div>
    </SignInCard>
  );
}

/**
 * Root shows the sign-in page in place of any address but those for newcomers until
 * somebody is signed in; afterwards the address that was asked for is there.
 */
export function Root() {
  const { me } = useSession();
  // The page that is shown, not the address: that is ahead of it while the next page loads.
  const outside = useMatches({ select: (shown) => shown.some(({ routeId }) => ["/activate", "/join"].includes(routeId)) });
  if (me?.must) return <MustDo must={me.must} />;
  if (outside) return <Outlet />;
  if (!me) return <SignInPage />;
  return (
    <ClientProvider>
      <Door>
        <ChatShell>
          <LinkNotice />
          <Outlet />
        </ChatShell>
      </Door>
    </ClientProvider>
  );
}
