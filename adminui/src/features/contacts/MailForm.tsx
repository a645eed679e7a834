import { Button, Group, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ActionError } from "../../components/ActionError.tsx";
import { useSaveContacts } from "./calls.ts";
import { withMail, wrongMail } from "./mails.ts";

interface Props {
  mails: readonly string[];
  /** The address that is changed; "" for a further one. */
  before: string;
  onDone: (mail: string) => void;
  onCancel?: () => void;
}

/** MailForm adds an address or changes one. What is wrong is said once it is sent, not while one types. */
export function MailForm({ mails, before, onDone, onCancel }: Props) {
  const { t } = useTranslation("contacts");
  const [typed, setTyped] = useState(before);
  const [sent, setSent] = useState(false);
  const save = useSaveContacts(() => {
    setTyped("");
    setSent(false);
    onDone(typed.trim());
  });
  const wrong = wrongMail(typed, mails.filter((mail) => mail !== before));
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    setSent(true);
    if (wrong) return;
    save.mutate(withMail(mails, before, typed));
  };
  return (
    <form onSubmit={submit} noValidate>
      <Group align="flex-start" gap="sm">
        <TextInput
          type="email"
          label={before ? t("changeOf", { mail: before }) : t("new")}
          description={before ? undefined : t("newHint")}
          inputWrapperOrder={["label", "input", "error", "description"]}
          maxLength={254}
          value={typed}
          onChange={(change) => setTyped(change.currentTarget.value)}
          error={sent && wrong ? t(`wrong.${wrong}`) : undefined}
          data-autofocus={before ? true : undefined}
          autoFocus={before !== ""}
          style={{ flex: "1 1 240px" }}
          maw={420}
          data-testid={before ? "contact-change" : "contact-mail"}
        />
        <Group gap="xs" mt={25}>
          <Button type="submit" loading={save.isPending} data-testid={before ? "contact-save" : "contact-add"}>
            {t(before ? "save" : "add")}
          </Button>
          {onCancel && (
            <Button variant="default" onClick={onCancel}>
              {t("cancel")}
            </Button>
          )}
        </Group>
      </Group>
      <ActionError error={save.error} codes={{ address: t("wrong.address"), too_many: t("tooMany") }} />
    </form>
  );
}
