import { Outlet, useRouteContext } from "@tanstack/react-router";
import { SignInCard } from "@wardline/uikit/components/SignInCard.tsx";
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
  const { linkNotice } = useRouteContext({ from: "__root__" });
  if (!me) {
    return (
      <SignInCard suffix={t("console")} title={t("signInTitle")}>
        {linkNotice}
        <SignInForm />
      </SignInCard>
    );
  }
  return (
    <ConsoleShell>
      {linkNotice}
      <Outlet />
    </ConsoleShell>
  );
}
