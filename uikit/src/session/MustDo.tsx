import { Anchor, Divider, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { SignInCard } from "../components/SignInCard.tsx";
import { passkeys } from "./accessApi.ts";
import type { Must } from "./authApi.ts";
import { NewPassword } from "./own/NewPassword.tsx";
import { Passkeys } from "./own/Passkeys.tsx";
import { Totp } from "./own/Totp.tsx";
import { useSession } from "./SessionProvider.tsx";
import { StepUpForm } from "./StepUpForm.tsx";

/** An administrator who has a passkey proves it; one who has none makes it now. */
function NeedsPasskey({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation("ui");
  const { data } = useQuery({ queryKey: ["me", "passkeys", "must"], queryFn: passkeys });
  if (!data) return null;
  if (data.some((one) => one.here)) return <StepUpForm onProved={onDone} passkeyOnly />;
  return (
    <Stack>
      <Text>{t("must.passkeyWhy")}</Text>
      <Passkeys onAdded={onDone} />
    </Stack>
  );
}

function Step({ must, onDone }: { must: Must; onDone: () => void }) {
  const { t } = useTranslation("ui");
  if (must === "passkey") return <NeedsPasskey onDone={onDone} />;
  return (
    <Stack>
      <Text>{t(`must.${must}Why`)}</Text>
      <Passkeys onAdded={onDone} />
      <Divider label={t("session.or")} />
      {must === "second_factor" ? <Totp onEnrolled={onDone} /> : <NewPassword onSaved={onDone} />}
    </Stack>
  );
}

/** MustDo stands in place of every page until what the hub asks for is set up. */
export function MustDo({ must, suffix }: { must: Must; suffix?: string }) {
  const { t } = useTranslation("ui");
  const { refresh, signOut } = useSession();
  return (
    <SignInCard
      {...(suffix ? { suffix } : {})}
      title={t(`must.${must}`)}
      footer={
        <Anchor component="button" type="button" onClick={() => void signOut()}>
          {t("session.signOut")}
        </Anchor>
      }
    >
      <div data-testid="must" data-must={must}>
        <Step must={must} onDone={() => void refresh()} />
      </div>
    </SignInCard>
  );
}
