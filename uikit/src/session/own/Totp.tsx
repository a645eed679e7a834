import { Button, Code, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { QrCode } from "../../components/QrCode.tsx";
import { beginTotp, confirmTotp, deleteTotp, totp } from "../accessApi.ts";
import { useProve } from "../ProofProvider.tsx";
import { Refusal } from "../Refusal.tsx";
import { passwordFailure } from "../signInText.ts";

const key = ["me", "totp"] as const;

/** Codes are shown this once; whoever loses the phone needs one of them. */
function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const { t } = useTranslation("ui");
  return (
    <Stack>
      <Text>{t("own.totp.codes")}</Text>
      <Code block data-testid="recovery-codes">
        {codes.join("\n")}
      </Code>
      <Group>
        <Button variant="default" onClick={() => void navigator.clipboard.writeText(codes.join("\n"))}>
          {t("own.totp.copy")}
        </Button>
        <Button onClick={onDone}>{t("own.totp.done")}</Button>
      </Group>
    </Stack>
  );
}

function Enrol({ url, secret, onCodes }: { url: string; secret: string; onCodes: (codes: string[]) => void }) {
  const { t } = useTranslation("ui");
  const [code, setCode] = useState("");
  const run = useMutation({ mutationFn: () => confirmTotp(code.trim()), onSuccess: onCodes });
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    run.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text>{t("own.totp.scan")}</Text>
        <QrCode text={url} label={t("own.totp.qr")} />
        <Text size="sm" c="dimmed">
          {t("own.totp.secret")} <Code data-testid="totp-secret">{secret}</Code>
        </Text>
        {run.isError && <Refusal text={t(passwordFailure(run.error))} />}
        <TextInput
          label={t("own.totp.code")}
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          withAsterisk={false}
          value={code}
          onChange={(change) => setCode(change.currentTarget.value)}
          data-testid="totp-code"
        />
        <Button type="submit" loading={run.isPending}>
          {t("own.totp.confirm")}
        </Button>
      </Stack>
    </form>
  );
}

/** Totp switches the authenticator app on and off as the second step after a password. */
export function Totp({ onEnrolled }: { onEnrolled?: () => void }) {
  const { t } = useTranslation("ui");
  const prove = useProve();
  const queries = useQueryClient();
  const { data } = useQuery({ queryKey: key, queryFn: totp });
  const [codes, setCodes] = useState<string[] | null>(null);
  const again = () => void queries.invalidateQueries({ queryKey: key });
  const begin = useMutation({ mutationFn: () => prove(beginTotp) });
  const end = useMutation({ mutationFn: () => prove(deleteTotp), onSuccess: again });
  const failed = begin.error ?? end.error;
  const done = (): void => {
    setCodes(null);
    begin.reset();
    again();
    onEnrolled?.();
  };
  if (codes) return <RecoveryCodes codes={codes} onDone={done} />;
  if (begin.data) return <Enrol {...begin.data} onCodes={setCodes} />;
  return (
    <Stack>
      {failed && <Refusal text={t(passwordFailure(failed))} />}
      <Text c="dimmed">
        {data?.enabled ? t("own.totp.on", { count: data.recovery_left }) : t("own.totp.off")}
      </Text>
      <Group>
        {data?.enabled ? (
          <Button variant="default" color="red" loading={end.isPending} onClick={() => end.mutate()}>
            {t("own.totp.disable")}
          </Button>
        ) : (
          <Button variant="light" loading={begin.isPending} onClick={() => begin.mutate()} data-testid="totp-begin">
            {t("own.totp.enable")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
