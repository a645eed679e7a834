import { Button, PasswordInput, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { errorKey } from "../../components/errorText.ts";
import { setPassword } from "../accessApi.ts";
import { passwordMinLength } from "../authApi.ts";
import { useProve } from "../ProofProvider.tsx";
import { Refusal } from "../Refusal.tsx";

/** NewPassword sets the first password of an account that has none. */
export function NewPassword({ onSaved }: { onSaved: () => void }) {
  const { t } = useTranslation("ui");
  const prove = useProve();
  const [password, set] = useState("");
  const [asked, setAsked] = useState(false);
  const run = useMutation({ mutationFn: () => prove(() => setPassword(password)), onSuccess: onSaved });
  const short = [...password].length < passwordMinLength;
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    setAsked(true);
    if (!short) run.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {run.isError && <Refusal text={t(errorKey(run.error))} />}
        <PasswordInput
          label={t("own.password.next")}
          description={t("own.password.help", { count: passwordMinLength })}
          autoComplete="new-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(change) => set(change.currentTarget.value)}
          error={asked && short ? t("error.weak") : null}
          data-testid="new-password"
        />
        <Button type="submit" variant="light" loading={run.isPending}>
          {t("own.password.save")}
        </Button>
      </Stack>
    </form>
  );
}
