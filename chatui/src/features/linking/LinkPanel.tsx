import { Button, Divider, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconDeviceMobile, IconKey, IconQrcode, IconRestore } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { LinkState } from "../../chat/model.ts";
import { useChatActions } from "../../chat/useChat.ts";
import { isRecoveryCode, typedRecoveryCode } from "./code.ts";
import { LinkFault } from "./LinkFault.tsx";
import classes from "./Linking.module.css";
import { QrCode } from "@wardline/uikit/components/QrCode.tsx";
import { QrScanner } from "./QrScanner.tsx";

type Pending = Extract<LinkState, { step: "pending" }>;

function Way({ icon, title, testId, children }: { icon: ReactNode; title: string; testId: string; children: ReactNode }) {
  return (
    <Paper component="section" className={`wl-surface ${classes["way"]}`} aria-label={title} data-testid={testId}>
      <Title order={2} size="h5" style={{ display: "flex", gap: 10, alignItems: "center" }}>
        {icon}
        {title}
      </Title>
      {children}
    </Paper>
  );
}

function OwnDevice({ link }: { link: Pending }) {
  const { t } = useTranslation("linking");
  const { takeOffer } = useChatActions();
  const [scanning, setScanning] = useState(false);
  const run = useMutation({ mutationFn: (qr: string) => takeOffer(qr) });
  return (
    <Way icon={<IconDeviceMobile size={24} aria-hidden="true" />} title={t("own.title")} testId="way-own">
      <Text>{t("own.hint")}</Text>
      <p className={classes["code"]} data-testid="link-code" aria-label={t("own.code", { code: link.code.split("").join(" ") })} role="img">
        {link.code}
      </p>
      <QrCode text={link.qr} label={t("own.qr")} />
      <Text size="sm" c="dimmed" ta="center" role="status">
        {t(run.isSuccess ? "own.claimed" : "own.waiting")}
      </Text>
      <Divider label={t("or")} />
      <LinkFault error={run.error} />
      {scanning ? (
        <QrScanner
          onFound={(text) => {
            setScanning(false);
            run.mutate(text);
          }}
          onClose={() => setScanning(false)}
        />
      ) : (
        <Button variant="default" leftSection={<IconQrcode size={20} />} onClick={() => setScanning(true)} loading={run.isPending} data-testid="scan-offer">
          {t("own.scan")}
        </Button>
      )}
    </Way>
  );
}

function Recovery() {
  const { t } = useTranslation("linking");
  const { recover } = useChatActions();
  const [code, setCode] = useState("");
  const run = useMutation({ mutationFn: (typed: string) => recover(typed) });
  return (
    <Way icon={<IconKey size={24} aria-hidden="true" />} title={t("recovery.title")} testId="way-recovery">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run.mutate(code);
        }}
      >
        <Stack gap="sm">
          <TextInput
            label={t("recovery.label")}
            description={t("recovery.hint")}
            size="md"
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            value={code}
            onChange={(change) => setCode(typedRecoveryCode(change.currentTarget.value))}
            data-testid="recovery-code"
          />
          <LinkFault error={run.error} />
          <Button type="submit" variant="default" disabled={!isRecoveryCode(code)} loading={run.isPending} data-testid="recover">
            {t("recovery.open")}
          </Button>
        </Stack>
      </form>
    </Way>
  );
}

function StartOver({ others }: { others: number }) {
  const { t } = useTranslation("linking");
  const { startOver } = useChatActions();
  const [asking, setAsking] = useState(false);
  const run = useMutation({ mutationFn: () => startOver(), onSettled: () => setAsking(false) });
  return (
    <Way icon={<IconRestore size={24} aria-hidden="true" />} title={t("over.title")} testId="way-over">
      <Text>{t("over.hint")}</Text>
      <LinkFault error={run.error} />
      <Button variant="default" onClick={() => setAsking(true)} data-testid="start-over">
        {t("over.button")}
      </Button>
      <ConfirmModal
        opened={asking}
        title={t("over.question")}
        confirmLabel={t("over.button")}
        dangerous
        typed={{ label: t("over.typed", { word: t("over.word") }), word: t("over.word") }}
        pending={run.isPending}
        onConfirm={() => run.mutate()}
        onClose={() => setAsking(false)}
      >
        <ul style={{ margin: 0, paddingLeft: 20 }}>
          <li>{t("over.lost")}</li>
          <li>{t("over.warned")}</li>
          {others > 0 && <li>{t("over.others", { count: others })}</li>}
        </ul>
      </ConfirmModal>
    </Way>
  );
}

/** LinkPanel is what a new browser shows in place of conversations: how to become one of this person's devices. */
export function LinkPanel({ link }: { link: Pending }) {
  const { t } = useTranslation("linking");
  return (
    <div className={classes["panel"]} data-testid="link-panel">
      <div>
        <Title order={1} size="h3">
          {t("title")}
        </Title>
        <Text mt={4}>{t("why")}</Text>
        <Text mt={4} fw={650}>
          {t("alarms")}
        </Text>
      </div>
      {link.others > 0 && <OwnDevice link={link} />}
      {link.backup && <Recovery />}
      <StartOver others={link.others} />
    </div>
  );
}
