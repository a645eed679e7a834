import { Alert, List, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconMailExclamation } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { LinkTo } from "../../components/LinkTo.tsx";
import { Panel } from "../../components/Panel.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Page } from "../../shell/Page.tsx";
import { useContacts, useMailMissing, useMayChange } from "./calls.ts";
import { MailForm } from "./MailForm.tsx";
import { MailLine } from "./MailLine.tsx";
import { most } from "./mails.ts";

function NoMail() {
  const { t } = useTranslation("contacts");
  return (
    <Alert color="orange" variant="light" icon={<IconMailExclamation aria-hidden="true" />} data-testid="contacts-no-mail">
      <Text size="sm" c="var(--mantine-color-text)">
        {t("noMail")}{" "}
        <LinkTo to="/connectors/new" search={{ kind: "mail" }}>
          {t("makeMail")}
        </LinkTo>
      </Text>
    </Alert>
  );
}

function Add({ mails }: { mails: readonly string[] }) {
  const { t } = useTranslation("contacts");
  if (mails.length >= most) return <Text size="sm">{t("tooMany")}</Text>;
  return <MailForm mails={mails} before="" onDone={() => notifications.show({ message: t("saved") })} />;
}

function Addresses({ mails }: { mails: readonly string[] }) {
  const { t } = useTranslation("contacts");
  const mayChange = useMayChange();
  const [changed, setChanged] = useState("");
  return (
    <Panel title={t("addresses")}>
      <Stack gap="sm" data-testid="contacts" data-count={mails.length}>
        {mails.length === 0 ? (
          <EmptyState icon={IconMailExclamation} title={t("empty.title")} hint={t("empty.hint")} />
        ) : (
          mails.map((mail) => (
            <MailLine
              key={mail}
              mail={mail}
              mails={mails}
              mayChange={mayChange}
              changed={mail === changed}
              onChanged={setChanged}
            />
          ))
        )}
        {mayChange ? <Add mails={mails} /> : <Text size="sm">{t("readOnly")}</Text>}
      </Stack>
    </Panel>
  );
}

/** ContactsPage is where the hub writes to when something ails that no one at the console sees. */
export function ContactsPage() {
  const { t } = useTranslation("contacts");
  const query = useContacts();
  const mailMissing = useMailMissing();
  return (
    <Page title={t("title")} intro={t("intro")}>
      {mailMissing && <NoMail />}
      <QueryView query={query} rows={2}>
        {({ mails }) => <Addresses mails={mails} />}
      </QueryView>
      <Panel title={t("when")}>
        <List size="sm">
          {(["held", "failing", "stale"] as const).map((incident) => (
            <List.Item key={incident}>{t(`incident.${incident}`)}</List.Item>
          ))}
        </List>
        <Text size="sm" mt="sm">
          {t("once")}
        </Text>
      </Panel>
    </Page>
  );
}
