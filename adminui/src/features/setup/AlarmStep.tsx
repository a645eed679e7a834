import { Alert, Anchor, Button, Group, List, Stack, Text } from "@mantine/core";
import { QrCode } from "@wardline/uikit/components/QrCode.tsx";
import { useTranslation } from "react-i18next";
import type { Facts } from "../../api/setup.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { useSetup, useTestAlarm, useTestedAlarm } from "./calls.ts";

/** What the test alarm has come to, as its dispatches say. */
function Progress({ id }: { id: string }) {
  const { t } = useTranslation("setup");
  const { data } = useTestedAlarm(id);
  if (!data) return null;
  const accepted = data.state === "accepted" || data.state === "resolved";
  const reached = data.dispatches.some(({ state }) => ["delivered", "seen", "accepted"].includes(state));
  const word = accepted ? "accepted" : reached ? "delivered" : "sent";
  return (
    <Alert color={accepted ? "teal" : "blue"} variant="light" role="status" data-testid="setup-alarm" data-state={word}>
      {t(`alarm.${word}`)}
    </Alert>
  );
}

function OpenChat({ url }: { url: string }) {
  const { t } = useTranslation("setup");
  return (
    <Stack>
      <Text>{t("alarm.noDevice")}</Text>
      <List type="ordered">
        <List.Item>
          {t("alarm.open")}{" "}
          <Anchor href={url} target="_blank" rel="noreferrer">
            {url}
          </Anchor>
        </List.Item>
        <List.Item>{t("alarm.signIn")}</List.Item>
      </List>
      <QrCode text={url} label={t("alarm.qr")} />
    </Stack>
  );
}

/** AlarmStep ends where the product is about: an alarm on one's own phone, accepted. */
export function AlarmStep({ facts }: { facts: Facts }) {
  const { t } = useTranslation("setup");
  const { data } = useSetup();
  const raise = useTestAlarm();
  const chat = data?.steps
    .find(({ step }) => step === "address")
    ?.facts.addresses?.find(({ listener }) => listener === "chat")?.url;
  const id = raise.data?.alert_id ?? facts.alert_id;
  return (
    <Stack>
      {!facts.devices && chat && <OpenChat url={chat} />}
      <ActionError error={raise.error} codes={{ no_device: t("alarm.noDevice") }} />
      <Group>
        <Button loading={raise.isPending} onClick={() => raise.mutate()} data-testid="setup-alarm-raise">
          {t("alarm.raise")}
        </Button>
      </Group>
      {id && <Progress id={id} />}
    </Stack>
  );
}
