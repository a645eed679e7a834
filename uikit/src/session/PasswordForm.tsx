import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { signIn } from "./authApi.ts";
import { Refusal } from "./Refusal.tsx";
import { useSession } from "./SessionProvider.tsx";
import { asksForCode, passwordFailure } from "./signInText.ts";

interface Props {
  /** The directory's password signs in too, which the label says. */
  directory: boolean;
  /** Other ways stand above this one. */
  quiet: boolean;
}

/** PasswordForm asks for login and password, and for a code once the password was right. */
export function PasswordForm({ directory, quiet }: Props) {
  const { t } = useTranslation("ui");
  const { refresh } = useSession();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [otp, setOtp] = useState<string | null>(null);
  const run = useMutation({
    mutationFn: () => signIn(login.trim(), { password, ...(otp === null ? {} : { otp: otp.trim() }) }),
    onSuccess: refresh,
    onError: (error) => {
      if (asksForCode(error)) setOtp("");
    },
  });
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    run.mutate();
  };
  const shared = { required: true, withAsterisk: false, size: "md" } as const;
  const failed = run.isError && !asksForCode(run.error);

  return (
    <form onSubmit={submit} aria-label={t("session.signIn")}>
      <Stack>
        {failed && <Refusal text={t(passwordFailure(run.error))} />}
        {otp === null ? (
          <>
            <TextInput
              {...shared}
              label={t("session.login")}
              name="username"
              autoComplete="username webauthn"
              autoCapitalize="none"
              value={login}
              onChange={(change) => setLogin(change.currentTarget.value)}
            />
            <PasswordInput
              {...shared}
              label={t(directory ? "session.directoryPassword" : "session.password")}
              name="password"
              autoComplete="current-password"
              value={password}
              onChange={(change) => setPassword(change.currentTarget.value)}
            />
          </>
        ) : (
          <>
            {!failed && (
              <Alert variant="light" role="status">
                {t("session.otpNeeded")}
              </Alert>
            )}
            <TextInput
              {...shared}
              label={t("session.otp")}
              description={t("session.otpHelp")}
              autoComplete="one-time-code"
              autoFocus
              value={otp}
              onChange={(change) => setOtp(change.currentTarget.value)}
              data-testid="sign-in-otp"
            />
          </>
        )}
        <Button type="submit" loading={run.isPending} fullWidth mt="xs" {...(quiet ? { variant: "light" } : {})}>
          {t("session.signIn")}
        </Button>
        {otp !== null && (
          <Button variant="subtle" onClick={() => setOtp(null)}>
            {t("session.back")}
          </Button>
        )}
      </Stack>
    </form>
  );
}
