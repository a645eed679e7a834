import { Button, Group, Stack, Tabs, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconRefresh } from "@tabler/icons-react";
import { useParams } from "@tanstack/react-router";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { MessageDetail } from "../../api/systems.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { Panel } from "../../components/Panel.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Page } from "../../shell/Page.tsx";
import { useMessage, useReplay } from "./calls.ts";
import { Effect } from "./Effect.tsx";
import { sizeText } from "./rawText.ts";
import { RawView } from "./RawView.tsx";
import { Segments } from "./Segments.tsx";
import { StatusBadge } from "./StatusBadge.tsx";

function Head({ message }: { message: MessageDetail }) {
  const { t, i18n } = useTranslation("messages");
  return (
    <Group gap="md">
      <StatusBadge status={message.status} />
      <Text size="sm">
        <Time at={message.received} format="absolute" />
      </Text>
      <Text size="sm">
        <LinkTo to="/connectors/$id" params={{ id: message.connector.id }}>
          {message.connector.name}
        </LinkTo>
      </Text>
      <Text size="sm">{message.control_id ? `${t("controlId")} ${message.control_id}` : ""}</Text>
      <Text size="sm">{message.peer}</Text>
      <Text size="sm">{sizeText(message.size, i18n.language)}</Text>
    </Group>
  );
}

function Fault({ message }: { message: MessageDetail }) {
  const { t } = useTranslation("messages");
  if (!message.fault) return null;
  const { name, where, reason } = message.fault;
  return (
    <Panel title={t("faultTitle")}>
      <Text fw={600} data-testid="message-fault" data-fault={name}>
        {t(`fault.${name}`, { defaultValue: name })}
      </Text>
      {where && <Text size="sm">{t("where", { where })}</Text>}
      {reason && <Text size="sm">{reason}</Text>}
    </Panel>
  );
}

function Content({ message }: { message: MessageDetail }) {
  const { t } = useTranslation("messages");
  const split = (message.segments?.length ?? 0) > 0;
  return (
    <Tabs defaultValue={split ? "segments" : "raw"} keepMounted={false}>
      <Tabs.List mb="sm">
        {split && <Tabs.Tab value="segments">{t("segments")}</Tabs.Tab>}
        <Tabs.Tab value="raw">{t("raw")}</Tabs.Tab>
      </Tabs.List>
      {split && (
        <Tabs.Panel value="segments">
          <Segments segments={message.segments ?? []} />
        </Tabs.Panel>
      )}
      <Tabs.Panel value="raw">
        <RawView raw={message.raw} />
      </Tabs.Panel>
    </Tabs>
  );
}

export function MessagePage() {
  const { t } = useTranslation("messages");
  const { id = "" } = useParams({ strict: false });
  const query = useMessage(id);
  const replay = useReplay(id);
  const again = (): void =>
    replay.mutate(undefined, {
      onSuccess: ({ status }) =>
        notifications.show({ message: t("replayed", { status: t(`status.${status}`, { defaultValue: status }) }) }),
    });
  return (
    <Page
      title={query.data?.type || t("one")}
      intro={t("audited")}
      back="/messages"
      actions={
        <Button
          leftSection={<IconRefresh size={18} aria-hidden="true" />}
          loading={replay.isPending}
          disabled={!query.data}
          onClick={again}
          data-testid="message-replay"
        >
          {t("replay")}
        </Button>
      }
    >
      <ActionError error={replay.error} codes={{ no_replay: t("noReplay") }} />
      <QueryView query={query}>
        {(message) => (
          <Stack data-testid="message" data-state={message.status}>
            <Head message={message} />
            <Fault message={message} />
            <Effect message={message} />
            <Content message={message} />
          </Stack>
        )}
      </QueryView>
    </Page>
  );
}
