import { Alert, Center, Loader, Stack, Text } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { signInByLink } from "./authApi.ts";
import { takeLinkToken } from "./linkToken.ts";
import { useSession } from "./SessionProvider.tsx";

type Step = "none" | "running" | "failed";

// Read once per page load, before the router looks at the address. React runs
// effects twice in development and the token must be used only once.
const token = takeLinkToken(window.location, window.history);
let used = false;

/**
 * LinkSignIn uses up a one-time sign-in link, if the page was opened by one,
 * before it shows what is inside it. A session that already exists is replaced:
 * the person who follows the link wants to be the one it names.
 */
export function LinkSignIn({ children }: { children: (failed: ReactNode) => ReactNode }) {
  const { t } = useTranslation("ui");
  const { refresh } = useSession();
  const [step, setStep] = useState<Step>(token === null || used ? "none" : "running");

  useEffect(() => {
    if (token === null || used) return;
    used = true;
    signInByLink(token)
      .then(refresh)
      .then(() => setStep("none"))
      .catch(() => setStep("failed"));
  }, [refresh]);

  if (step === "running") {
    return (
      <Center mih="100dvh">
        <Stack align="center" role="status">
          <Loader />
          <Text>{t("session.linkRunning")}</Text>
        </Stack>
      </Center>
    );
  }
  const notice = (
    <Alert color="red" variant="light" icon={<IconAlertCircle />} role="alert" mb="md">
      {t("session.linkFailed")}
    </Alert>
  );
  return children(step === "failed" ? notice : null);
}
