import { Button, Group, PasswordInput, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { passwordMinLength } from "@wardline/uikit/session/authApi.ts";
import { useProve } from "@wardline/uikit/session/ProofProvider.tsx";
import { useMe, useSession } from "@wardline/uikit/session/SessionProvider.tsx";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { Panel } from "../../components/Panel.tsx";
import { Page } from "../../shell/Page.tsx";
import { passwordProblem } from "./passwordCheck.ts";

/** PasswordPage sets one's own password, the first one after a set-up link included. */
export function PasswordPage() {
  const { t } = useTranslation("password");
  const me = useMe();
  const { refresh } = useSession();
  const navigate = useNavigate();
  const prove = useProve();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const [asked, setAsked] = useState(false);
  const had = me.has_password !== false;
  const problem = asked ? passwordProblem(next, again) : null;
  const save = useMutation({
    mutationFn: () =>
      prove(() => unwrap(api.POST("/api/v1/me/password", { body: { password: next, ...(had ? { current } : {}) } }))),
    onSuccess: async () => {
      notifications.show({ message: t("saved") });
      await refresh();
      await navigate({ to: "/" });
    },
  });
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    setAsked(true);
    if (passwordProblem(next, again) === null) save.mutate();
  };
  const shared = { required: true, visibilityToggleButtonProps: { "aria-label": t("show") } };
  return (
    <Page title={t("title")} intro={t("intro")}>
      <Panel title={me.login}>
        <Stack component="form" onSubmit={submit} maw={480}>
          {had && (
            <PasswordInput
              label={t("current")}
              autoComplete="current-password"
              value={current}
              onChange={(change) => setCurrent(change.currentTarget.value)}
              {...shared}
            />
          )}
          <PasswordInput
            label={t("next")}
            description={t("nextHelp", { count: passwordMinLength })}
            autoComplete="new-password"
            value={next}
            onChange={(change) => setNext(change.currentTarget.value)}
            error={problem === "short" ? t("short", { count: passwordMinLength }) : null}
            data-testid="password-next"
            {...shared}
          />
          <PasswordInput
            label={t("again")}
            autoComplete="new-password"
            value={again}
            onChange={(change) => setAgain(change.currentTarget.value)}
            error={problem === "different" ? t("different") : null}
            data-testid="password-again"
            {...shared}
          />
          <ActionError error={save.error} codes={{ wrong: t("wrong") }} />
          <Group>
            <Button type="submit" loading={save.isPending} data-testid="password-save">
              {t("save")}
            </Button>
          </Group>
        </Stack>
      </Panel>
    </Page>
  );
}
