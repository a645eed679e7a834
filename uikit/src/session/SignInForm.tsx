import { Button, Divider, Stack } from "@mantine/core";
import { IconBuildingHospital, IconFingerprint } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fetchWays, signInByPasskey, type Ways } from "./authApi.ts";
import { PasswordForm } from "./PasswordForm.tsx";
import { Refusal } from "./Refusal.tsx";
import { useSession } from "./SessionProvider.tsx";
import { takeSignInError } from "./signInError.ts";
import { passkeyFailure, providerFailure } from "./signInText.ts";

// Taken once per page load, before the router looks at the address.
const endedWith = takeSignInError(window.location, window.history);

// What there is when the hub cannot say: a password works everywhere.
const passwordOnly: Ways = { password: true, passkey: false, code: false, directory: false, providers: [] };

function PasskeyButton() {
  const { t } = useTranslation("ui");
  const { refresh } = useSession();
  const run = useMutation({ mutationFn: () => signInByPasskey(), onSuccess: refresh });
  return (
    <>
      {run.isError && <Refusal text={t(passkeyFailure(run.error))} />}
      <Button
        size="md"
        fullWidth
        leftSection={<IconFingerprint size={20} aria-hidden="true" />}
        loading={run.isPending}
        onClick={() => run.mutate()}
        data-testid="sign-in-passkey"
      >
        {t("session.passkey")}
      </Button>
    </>
  );
}

/** SignInForm offers every way the clinic has; the session above it changes on success. */
export function SignInForm() {
  const { t } = useTranslation("ui");
  const [code] = useState(endedWith);
  const asked = useQuery({ queryKey: ["ways"], queryFn: fetchWays, staleTime: 60_000, retry: false });
  if (asked.isPending) return null;
  const ways = asked.data ?? passwordOnly;
  const others = ways.passkey || ways.providers.length > 0;
  return (
    <Stack>
      {code !== null && <Refusal text={t(providerFailure(code))} />}
      {ways.passkey && <PasskeyButton />}
      {ways.providers.map(({ id, label }) => (
        <Button
          key={id}
          component="a"
          href={`/api/v1/auth/oidc/${encodeURIComponent(id)}/start`}
          size="md"
          fullWidth
          variant="default"
          leftSection={<IconBuildingHospital size={20} aria-hidden="true" />}
          data-testid="sign-in-provider"
        >
          {label}
        </Button>
      ))}
      {others && ways.password && <Divider label={t("session.or")} />}
      {ways.password && <PasswordForm directory={ways.directory} quiet={others} />}
    </Stack>
  );
}
