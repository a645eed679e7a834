import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Facts } from "../../api/setup.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { useTestMail } from "./calls.ts";

function TestForm() {
  const { t } = useTranslation("setup");
  const [to, setTo] = useState("");
  const test = useTestMail();
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    test.mutate(to.trim());
  };
  return (
    <form onSubmit={submit}>
      <Stack maw={480}>
        <TextInput
          label={t("mail.to")}
          type="email"
          required
          value={to}
          onChange={(change) => setTo(change.currentTarget.value)}
          data-testid="setup-mail-to"
        />
        <ActionError error={test.error} />
        {test.isSuccess && (
          <Alert color="teal" variant="light" role="status">
            {t("mail.sent")}
          </Alert>
        )}
        <Group>
          <Button type="submit" variant="light" loading={test.isPending}>
            {t("mail.test")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** MailStep is the clinic's mail server, for codes and for notices to technical contacts. */
export function MailStep({ facts }: { facts: Facts }) {
  const { t } = useTranslation("setup");
  if (facts.mail) return <TestForm />;
  return (
    <Stack align="flex-start">
      <Text>{t("mail.none")}</Text>
      <LinkTo to="/connectors/new" search={{ kind: "mail" }}>
        {t("mail.make")}
      </LinkTo>
    </Stack>
  );
}
