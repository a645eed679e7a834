import { Alert } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { SignInCard } from "@wardline/uikit/components/SignInCard.tsx";
import { LinkNotice } from "@wardline/uikit/session/LinkSignIn.tsx";
import { MustDo } from "@wardline/uikit/session/MustDo.tsx";
import { SignInForm } from "@wardline/uikit/session/SignInForm.tsx";
import { useSession } from "@wardline/uikit/session/SessionProvider.tsx";
import { useTranslation } from "react-i18next";
import { sessionEndedKey } from "../api.ts";
import { ConsoleShell } from "./ConsoleShell.tsx";

/** SessionNotice tells who was signed in a moment ago why the sign-in page is there. */
function SessionNotice() {
  const { t } = useTranslation();
  const { data: ended } = useQuery({
    queryKey: sessionEndedKey,
    queryFn: () => false,
    enabled: false,
    initialData: false,
    staleTime: Infinity,
  });
  if (!ended) return null;
  return (
    <Alert color="orange" variant="light" role="status" mb="md" data-testid="session-ended">
      {t("sessionEnded")}
    </Alert>
  );
}

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
        <SessionNotice />
        <SignInForm />
      </SignInCard>
    );
  }
  if (me.must) return <MustDo must={me.must} suffix={t("console")} />;
  return (
    <ConsoleShell>
      <LinkNotice />
      <Outlet />
    </ConsoleShell>
  );
}
