import { Outlet } from "@tanstack/react-router";
import { SignInCard } from "@wardline/uikit/components/SignInCard.tsx";
import { LinkNotice } from "@wardline/uikit/session/LinkSignIn.tsx";
import { SignInForm } from "@wardline/uikit/session/SignInForm.tsx";
import { useSession } from "@wardline/uikit/session/SessionProvider.tsx";
import { useTranslation } from "react-i18next";
import { ConsoleShell } from "./ConsoleShell.tsx";

/**
 * Root shows the sign-in page in place of any address until somebody is signed
 * in; afterwards the address that was asked for is there.
 */
export function Root() {
  const { t } = useTranslation();
  const { me } = useSession();
  if (!me) {
    return (
      <SignInCard suffix={t("console")} title={t("signInTitle")}>
        <LinkNotice />
        <SignInForm />
      </SignInCard>
    );
  }
  return (
    <ConsoleShell>
      <LinkNotice />
      <Outlet />
    </ConsoleShell>
  );
}
