import { Button, Stack, Text, Title } from "@mantine/core";
import { IconQrcode, IconShieldCheck, IconShieldX } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { ErrorState } from "@wardline/uikit/components/ErrorState.tsx";
import { Note } from "@wardline/uikit/components/Note.tsx";
import { PagePending } from "@wardline/uikit/components/PagePending.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChatActions } from "../../chat/useChat.ts";
import { tellFailure } from "../chat/tellFailure.ts";
import { useNames } from "../chat/useNames.ts";
import { QrCode } from "@wardline/uikit/components/QrCode.tsx";
import { QrScanner } from "../linking/QrScanner.tsx";
import classes from "./Details.module.css";
import { safetyKey } from "./keys.ts";
import { Side } from "./Side.tsx";

/** groupsOf takes the digits apart into fives, however they are spaced. */
export function groupsOf(digits: string): string[] {
  return digits.replace(/\D/g, "").match(/\d{1,5}/g) ?? [];
}

interface Props {
  user: string;
  number: { digits: string; qr: string; verified: boolean };
}

function Digits({ digits }: { digits: string }) {
  const { t } = useTranslation("details");
  return (
    <p className={classes["digits"]} aria-label={t("safety.digits")} role="group" data-testid="safety-digits">
      {groupsOf(digits).map((group, at) => (
        <span key={at}>{group}</span>
      ))}
    </p>
  );
}

function Compare({ user, number }: Props) {
  const { t } = useTranslation("details");
  const names = useNames();
  const queries = useQueryClient();
  const { checkSafetyQr, setVerified } = useChatActions();
  const [scanning, setScanning] = useState(false);
  const name = names.of(user);
  const onSettled = (): Promise<void> => queries.invalidateQueries({ queryKey: safetyKey(user) });
  const mark = useMutation({ mutationFn: (verified: boolean) => setVerified(user, verified), onError: tellFailure, onSettled });
  const check = useMutation({
    mutationFn: async (qr: string) => {
      const same = await checkSafetyQr(user, qr);
      if (same) await setVerified(user, true);
      return same;
    },
    onError: tellFailure,
    onSettled,
  });
  return (
    <>
      {check.data === false && (
        <Note kind="danger" icon={<IconShieldX />} role="alert" data-testid="safety-differs">
          {t("safety.differs", { name })}
        </Note>
      )}
      {number.verified ? (
        <Note kind="good" icon={<IconShieldCheck />} role="status" data-testid="safety-verified">
          {t("safety.verified", { name })}
        </Note>
      ) : (
        <Text>{t("safety.how", { name })}</Text>
      )}
      <QrCode text={number.qr} label={t("safety.qr")} />
      <Digits digits={number.digits} />
      {scanning ? (
        <QrScanner
          onFound={(qr) => {
            setScanning(false);
            check.mutate(qr);
          }}
          onClose={() => setScanning(false)}
        />
      ) : (
        <Stack gap="xs">
          <Button variant="default" leftSection={<IconQrcode size={20} />} onClick={() => setScanning(true)} loading={check.isPending} data-testid="safety-scan">
            {t("safety.scan")}
          </Button>
          <Button
            variant={number.verified ? "default" : "filled"}
            leftSection={<IconShieldCheck size={20} />}
            onClick={() => mark.mutate(!number.verified)}
            loading={mark.isPending}
            data-testid="safety-mark"
          >
            {t(number.verified ? "safety.unmark" : "safety.mark")}
          </Button>
        </Stack>
      )}
    </>
  );
}

function Safety({ room, user }: { room: string; user: string }) {
  const { t } = useTranslation("details");
  const names = useNames();
  const { safetyNumber } = useChatActions();
  const { data, error, refetch } = useQuery({ queryKey: safetyKey(user), queryFn: () => safetyNumber(user), retry: false });
  return (
    <Side title={t("safety.title")} room={room} back="details">
      <Stack className={classes["body"] ?? ""}>
        <Title order={2} size="h5" ta="center">
          {t("safety.with", { name: names.of(user) })}
        </Title>
        {data === undefined && (error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <PagePending />)}
        {data === null && <Text>{t("safety.none", { name: names.of(user) })}</Text>}
        {data && <Compare user={user} number={data} />}
      </Stack>
    </Side>
  );
}

/** SafetyPage lets two people see, without trusting the hub, that they talk to each other. */
export function SafetyPage() {
  const { id, user } = useParams({ from: "/chat/$id/safety/$user" });
  return <Safety key={user} room={id} user={user} />;
}
