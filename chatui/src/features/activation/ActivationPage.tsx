import { Alert, Anchor, Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ApiError } from "@wardline/uikit/api/problem.ts";
import { errorKey } from "@wardline/uikit/components/errorText.ts";
import { SignInCard } from "@wardline/uikit/components/SignInCard.tsx";
import { activate, passwordMinLength } from "@wardline/uikit/session/authApi.ts";
import { useSession } from "@wardline/uikit/session/SessionProvider.tsx";
import { passkeySupport } from "@wardline/uikit/session/webauthn.ts";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { checkActivation, type ActivationValues } from "./activationForm.ts";
import { takeLetter } from "./letter.ts";

function useActivation() {
  const { refresh } = useSession();
  const navigate = useNavigate();
  return useMutation({
    // Without a password the hub asks for a passkey next.
    mutationFn: ({ login, code, password }: Pick<ActivationValues, "login" | "code"> & { password?: string }) =>
      activate({ login: login.trim(), code: code.trim(), ...(password === undefined ? {} : { password }) }),
    onSuccess: async () => {
      await refresh();
      await navigate({ to: "/" });
    },
  });
}

function Failure({ error }: { error: Error }) {
  const { t } = useTranslation("activation");
  const refused = error instanceof ApiError && [400, 401, 404, 410].includes(error.status);
  return (
    <Alert color="red" variant="light" role="alert">
      {refused ? t("refused") : (serverWords(error) ?? t(errorKey(error), { ns: "ui" }))}
    </Alert>
  );
}

// A 422 names what the server's password rule misses; that sentence helps more than ours.
function serverWords(error: Error): string | undefined {
  return error instanceof ApiError && error.status === 422 ? error.problem.detail : undefined;
}

/** ActivationPage turns a one-time code into a password of the person's own. */
export function ActivationPage() {
  const { t } = useTranslation("activation");
  const [letter] = useState(() => takeLetter(window.location, window.history));
  const run = useActivation();
  const form = useForm<ActivationValues>({
    mode: "uncontrolled",
    initialValues: { ...letter, password: "", repeat: "" },
    validate: (values) => {
      const { password, repeat } = checkActivation(values);
      return {
        ...(password ? { password: t(password, { count: passwordMinLength }) } : {}),
        ...(repeat ? { repeat: t(repeat) } : {}),
      };
    },
  });
  const asked = { required: true, withAsterisk: false, size: "md" } as const;

  return (
    <SignInCard
      title={t("title")}
      footer={
        <Anchor component={Link} to="/">
          {t("toSignIn", { ns: "app" })}
        </Anchor>
      }
    >
      <form onSubmit={form.onSubmit((values) => run.mutate(values))} aria-label={t("title")}>
        <Stack>
          <Text c="dimmed">{t("intro")}</Text>
          {run.isError && <Failure error={run.error} />}
          <TextInput
            {...asked}
            data-testid="activate-login"
            label={t("login")}
            autoComplete="username"
            autoCapitalize="none"
            key={form.key("login")}
            {...form.getInputProps("login")}
          />
          <TextInput
            {...asked}
            data-testid="activate-code"
            label={t("code")}
            autoComplete="one-time-code"
            autoCapitalize="characters"
            key={form.key("code")}
            {...form.getInputProps("code")}
          />
          <PasswordInput
            {...asked}
            data-testid="activate-password"
            label={t("password")}
            description={t("passwordHint", { count: passwordMinLength })}
            autoComplete="new-password"
            key={form.key("password")}
            {...form.getInputProps("password")}
          />
          <PasswordInput
            {...asked}
            data-testid="activate-repeat"
            label={t("repeat")}
            autoComplete="new-password"
            key={form.key("repeat")}
            {...form.getInputProps("repeat")}
          />
          <Button type="submit" data-testid="activate-submit" loading={run.isPending} fullWidth>
            {t("submit")}
          </Button>
          {passkeySupport() === null && (
            <Button
              variant="default"
              fullWidth
              loading={run.isPending}
              data-testid="activate-passkey"
              onClick={() => {
                const { login, code } = form.getValues();
                if (login.trim() && code.trim()) run.mutate({ login, code });
                else form.validate();
              }}
            >
              {t("withPasskey")}
            </Button>
          )}
        </Stack>
      </form>
    </SignInCard>
  );
}
