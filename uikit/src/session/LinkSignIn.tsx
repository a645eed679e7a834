import { Alert, Center, Loader, Stack, Text } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { createContext, use, useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { signInByLink } from "./authApi.ts";
import { takeLinkToken } from "./linkToken.ts";
import { useSession } from "./SessionProvider.tsx";

type Step = "none" | "running" | "failed";

interface LinkState {
  readonly failed: boolean;
  dismiss(): void;
}

const LinkContext = createContext<LinkState>({ failed: false, dismiss: () => undefined });

// Taken once per page load, before the router looks at the address.
let waiting = takeLinkToken(window.location, window.history);

/** A token is used only once, although React runs effects twice in development. */
function takeWaiting(): string | null {
  const token = waiting;
  waiting = null;
  return token;
}

/**
 * LinkSignIn uses up a one-time sign-in link, if the page was opened by one or
 * one is pasted into the address bar, before it shows what is inside it. A session that
 * already exists is replaced: who follows the link wants to be the one it names.
 */
export function LinkSignIn({ children }: { children: ReactNode }) {
  const { refresh } = useSession();
  const [step, setStep] = useState<Step>(waiting === null ? "none" : "running");

  useEffect(() => {
    const use = (token: string | null): void => {
      if (token === null) return;
      setStep("running");
      signInByLink(token)
        .then(refresh)
        .then(() => setStep("none"))
        .catch(() => setStep("failed"));
    };
    const pasted = (): void => use(takeLinkToken(window.location, window.history));
    use(takeWaiting());
    window.addEventListener("hashchange", pasted);
    return () => window.removeEventListener("hashchange", pasted);
  }, [refresh]);

  if (step === "running") return <Running />;
  return (
    <LinkContext value={{ failed: step === "failed", dismiss: () => setStep("none") }}>
      {children}
    </LinkContext>
  );
}

function Running() {
  const { t } = useTranslation("ui");
  return (
    <Center mih="100dvh">
      <Stack align="center" role="status">
        <Loader />
        <Text>{t("session.linkRunning")}</Text>
      </Stack>
    </Center>
  );
}

/** LinkNotice says that a sign-in link did not work; nothing otherwise. */
export function LinkNotice() {
  const { t } = useTranslation("ui");
  const { failed, dismiss } = use(LinkContext);
  if (!failed) return null;
  return (
    <Alert
      color="red"
      variant="light"
      icon={<IconAlertCircle />}
      role="alert"
      mb="md"
      withCloseButton
      closeButtonLabel={t("close")}
      onClose={dismiss}
    >
      {t("session.linkFailed")}
    </Alert>
  );
}
