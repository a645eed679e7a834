import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/problem.ts";
import { errorKey } from "../components/errorText.ts";
import { signIn } from "./authApi.ts";
import { useSession } from "./SessionProvider.tsx";

function failureKey(error: Error): string {
  const wrong = error instanceof ApiError && [400, 401, 422].includes(error.status);
  return wrong ? "session.wrong" : errorKey(error);
}

/** SignInForm asks for login and password; the session above it changes on success. */
export function SignInForm() {
  const { t } = useTranslation("ui");
  const { refresh } = useSession();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const run = useMutation({
    mutationFn: () => signIn(login.trim(), password),
    onSuccess: refresh,
  });

  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    run.mutate();
  };

  return (
    <form onSubmit={submit} aria-label={t("session.signIn")}>
      <Stack>
        {run.isError && (
          <Alert color="red" variant="light" icon={<IconAlertCircle />} role="alert">
            {t(failureKey(run.error))}
          </Alert>
        )}
        <TextInput
          label={t("session.login")}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          required
          withAsterisk={false}
          size="md"
          value={login}
          onChange={(change) => setLogin(change.currentTarget.value)}
        />
        <PasswordInput
          label={t("session.password")}
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          size="md"
          value={password}
          onChange={(change) => setPassword(change.currentTarget.value)}
        />
        <Button type="submit" loading={run.isPending} fullWidth mt="xs">
          {t("session.signIn")}
        </Button>
      </Stack>
    </form>
  );
}
