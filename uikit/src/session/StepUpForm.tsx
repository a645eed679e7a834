import { Button, Divider, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { IconFingerprint } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { fetchWays, stepUp, stepUpByPasskey } from "./authApi.ts";
import { Refusal } from "./Refusal.tsx";
import { asksForCode, passkeyFailure, passwordFailure } from "./signInText.ts";

interface Props {
  /** Called once the hub knows again who is there. */
  onProved: () => void;
  /** Nothing less will do. */
  passkeyOnly?: boolean;
}

function ByPasskey({ onProved, passkeyOnly }: Props) {
  const { t } = useTranslation("ui");
  const run = useMutation({ mutationFn: stepUpByPasskey, onSuccess: onProved });
  return (
    <>
      {run.isError && <Refusal text={t(passkeyFailure(run.error))} />}
      <Button
        leftSection={<IconFingerprint size={20} aria-hidden="true" />}
        loading={run.isPending}
        onClick={() => run.mutate()}
        data-autofocus
        data-testid="step-up-passkey"
      >
        {t("session.stepUp.passkey")}
      </Button>
      {!passkeyOnly && <Divider label={t("session.or")} />}
    </>
  );
}

function ByPassword({ onProved }: Props) {
  const { t } = useTranslation("ui");
  const [password, setPassword] = useState("");
  const [otp, setOtp] = useState("");
  const run = useMutation({
    mutationFn: () => stepUp({ password, ...(otp.trim() ? { otp: otp.trim() } : {}) }),
    onSuccess: onProved,
  });
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    // A form inside another one in React's tree must not submit that one too.
    submitted.stopPropagation();
    run.mutate();
  };
  const wantsCode = asksForCode(run.error) || otp !== "";
  return (
    <form onSubmit={submit}>
      <Stack>
        {run.isError && !asksForCode(run.error) && <Refusal text={t(passwordFailure(run.error))} />}
        <PasswordInput
          label={t("session.password")}
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(change) => setPassword(change.currentTarget.value)}
          data-testid="step-up-password"
        />
        {wantsCode && (
          <TextInput
            label={t("session.otp")}
            description={t("session.otpHelp")}
            autoComplete="one-time-code"
            autoFocus
            value={otp}
            onChange={(change) => setOtp(change.currentTarget.value)}
            data-testid="step-up-otp"
          />
        )}
        <Button type="submit" variant="light" loading={run.isPending} data-testid="step-up-confirm">
          {t("session.stepUp.confirm")}
        </Button>
      </Stack>
    </form>
  );
}

/** StepUpForm asks again who is there, by passkey or by password and code. */
export function StepUpForm(props: Props) {
  const { t } = useTranslation("ui");
  const { data: ways } = useQuery({ queryKey: ["ways"], queryFn: fetchWays, staleTime: 60_000, retry: false });
  return (
    <Stack>
      <Text size="sm">{t("session.stepUp.intro")}</Text>
      {(ways?.passkey || props.passkeyOnly) && <ByPasskey {...props} />}
      {!props.passkeyOnly && <ByPassword {...props} />}
    </Stack>
  );
}
