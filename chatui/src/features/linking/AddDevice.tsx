import { Button, Modal, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Note } from "@wardline/uikit/components/Note.tsx";
import { PagePending } from "@wardline/uikit/components/PagePending.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChatActions } from "../../chat/useChat.ts";
import { isLinkCode, typedLinkCode } from "./code.ts";
import { LinkFault } from "./LinkFault.tsx";
import classes from "./Linking.module.css";
import { QrCode } from "@wardline/uikit/components/QrCode.tsx";
import { QrScanner } from "./QrScanner.tsx";

function Typed({ pending, error, onCode }: { pending: boolean; error: unknown; onCode: (code: string) => void }) {
  const { t } = useTranslation("linking");
  const [code, setCode] = useState("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isLinkCode(code)) onCode(code);
      }}
    >
      <Stack gap="sm">
        <TextInput
          label={t("add.code")}
          description={t("add.codeHint")}
          placeholder="XXXX-XXXX-XXXX"
          size="md"
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          classNames={{ input: classes["typed"] ?? "" }}
          value={code}
          onChange={(change) => setCode(typedLinkCode(change.currentTarget.value))}
          data-autofocus
          data-testid="typed-code"
        />
        <LinkFault error={error} />
        <Button type="submit" disabled={!isLinkCode(code)} loading={pending} data-testid="link-device">
          {t("add.link")}
        </Button>
      </Stack>
    </form>
  );
}

function Offer() {
  const { t } = useTranslation("linking");
  const { offerLink } = useChatActions();
  // A new secret each time it is shown.
  const { data, error } = useQuery({ queryKey: ["link-offer"], queryFn: () => offerLink(), gcTime: 0, staleTime: Infinity, retry: false });
  if (error) return <LinkFault error={error} />;
  if (!data) return <PagePending />;
  return (
    <Stack gap="sm">
      <Text>{t("add.offerHint")}</Text>
      <QrCode text={data} label={t("add.offerQr")} />
    </Stack>
  );
}

function Ways({ onDone }: { onDone: (name: string) => void }) {
  const { t } = useTranslation("linking");
  const { linkDevice } = useChatActions();
  const [way, setWay] = useState("type");
  const run = useMutation({ mutationFn: (code: string) => linkDevice(code), onSuccess: ({ name }) => onDone(name) });
  const choose = (next: string): void => {
    run.reset();
    setWay(next);
  };
  return (
    <Stack>
      <Text size="sm">{t("add.how")}</Text>
      <SegmentedControl
        fullWidth
        aria-label={t("add.way")}
        value={way}
        onChange={choose}
        data={["type", "scan", "show"].map((value) => ({ value, label: t(`add.${value}`) }))}
        data-testid="link-way"
      />
      {way === "type" && <Typed pending={run.isPending} error={run.error} onCode={run.mutate} />}
      {way === "scan" && (
        <>
          <LinkFault error={run.error} />
          {run.isPending ? <PagePending /> : !run.error && <QrScanner onFound={run.mutate} onClose={() => choose("type")} />}
          {run.error !== null && <Button onClick={() => run.reset()}>{t("add.again")}</Button>}
        </>
      )}
      {way === "show" && <Offer />}
      <Note kind="warn" icon={<IconAlertTriangle />}>
        {t("add.onlyYours")}
      </Note>
    </Stack>
  );
}

/** AddDevice, on a device that is linked: types or scans the new one's code, or shows one to be scanned. */
export function AddDevice({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation("linking");
  const narrow = useMediaQuery("(max-width: 30em)", false, { getInitialValueInEffect: false });
  const [done, setDone] = useState<string | null>(null);
  const close = (): void => {
    setDone(null);
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} fullScreen={narrow} title={t("add.title")} closeButtonProps={{ "aria-label": t("close") }} data-testid="add-device">
      {done === null ? (
        <Ways onDone={setDone} />
      ) : (
        <Stack>
          <Note kind="good" icon={<IconCircleCheck />} role="status" data-testid="device-linked">
            {t("add.done", { name: done })}
          </Note>
          <Button onClick={close}>{t("close")}</Button>
        </Stack>
      )}
    </Modal>
  );
}
