import { Alert, Anchor, Button, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ApiError } from "@wardline/uikit/api/problem.ts";
import { SignInCard } from "@wardline/uikit/components/SignInCard.tsx";
import { errorKey } from "@wardline/uikit/components/errorText.ts";
import { join } from "@wardline/uikit/session/authApi.ts";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { forgetPoster, takePoster } from "./poster.ts";

function Asked() {
  const { t } = useTranslation("activation");
  return (
    <Stack>
      <Text data-testid="join-done">{t("join.sent")}</Text>
      <Button component={Link} to="/activate" fullWidth>
        {t("join.enter")}
      </Button>
    </Stack>
  );
}

function useJoin(token: string) {
  return useMutation({
    mutationFn: (who: string) => join(token, who.trim()),
    onSuccess: forgetPoster,
    onError: (error) => {
      if (error instanceof ApiError && !error.passing) forgetPoster();
    },
  });
}

/** JoinPage is where a poster's QR code leads: the code comes by mail, to who is known here. */
export function JoinPage() {
  const { t } = useTranslation("activation");
  const [token] = useState(() => takePoster(window.location, window.history));
  const [who, setWho] = useState("");
  const run = useJoin(token);
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    run.mutate(who);
  };
  return (
    <SignInCard
      title={t("join.title")}
      footer={
        <Anchor component={Link} to="/">
          {t("toSignIn", { ns: "app" })}
        </Anchor>
      }
    >
      {run.isSuccess ? (
        <Asked />
      ) : (
        <form onSubmit={submit}>
          <Stack>
            <Text c="dimmed">{t(token ? "join.intro" : "join.noPoster")}</Text>
            {run.isError && (
              <Alert color="red" variant="light" role="alert">
                {t(errorKey(run.error), { ns: "ui" })}
              </Alert>
            )}
            <TextInput
              label={t("login")}
              autoComplete="username"
              autoCapitalize="none"
              required
              withAsterisk={false}
              size="md"
              disabled={!token}
              value={who}
              onChange={(change) => setWho(change.currentTarget.value)}
              data-testid="join-who"
            />
            <Button type="submit" fullWidth disabled={!token} loading={run.isPending}>
              {t("join.ask")}
            </Button>
          </Stack>
        </form>
      )}
    </SignInCard>
  );
}
