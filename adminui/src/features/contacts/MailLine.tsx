import { ActionIcon, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActionError } from "../../components/ActionError.tsx";
import { useSaveContacts } from "./calls.ts";
import { MailForm } from "./MailForm.tsx";

interface Props {
  mail: string;
  mails: readonly string[];
  mayChange: boolean;
  /** It was changed a moment ago: a keyboard goes on here. */
  changed: boolean;
  onChanged: (mail: string) => void;
}

function Remove({ mail, mails, onClose }: { mail: string; mails: readonly string[]; onClose: () => void }) {
  const { t } = useTranslation("contacts");
  const save = useSaveContacts(() => {
    notifications.show({ message: t("removed", { mail }) });
    onClose();
  });
  return (
    <ConfirmModal
      opened
      title={t("removeTitle", { mail })}
      confirmLabel={t("remove")}
      dangerous
      pending={save.isPending}
      onConfirm={() => save.mutate(mails.filter((other) => other !== mail))}
      onClose={onClose}
    >
      <Text mb="xs">{t(mails.length === 1 ? "removeLast" : "removeText")}</Text>
      <ActionError error={save.error} />
    </ConfirmModal>
  );
}

/** MailLine is one address, which whoever may changes in its place. */
export function MailLine({ mail, mails, mayChange, changed, onChanged }: Props) {
  const { t } = useTranslation("contacts");
  const [act, setAct] = useState<"" | "change" | "remove" | "done">("");
  const done = (): void => setAct("done");
  const saved = (after: string): void => {
    done();
    onChanged(after);
  };
  if (act === "change") return <MailForm mails={mails} before={mail} onDone={saved} onCancel={done} />;
  return (
    <Group justify="space-between" wrap="nowrap" gap="sm">
      <Text style={{ overflowWrap: "anywhere" }}>{mail}</Text>
      {mayChange && (
        <Group gap={4} wrap="nowrap">
          <ActionIcon
            size={36}
            aria-label={t("changeOf", { mail })}
            onClick={() => setAct("change")}
            autoFocus={act === "done" || changed}
            data-testid="contact-edit"
          >
            <IconPencil size={18} />
          </ActionIcon>
          <ActionIcon
            size={36}
            aria-label={t("removeOf", { mail })}
            onClick={() => setAct("remove")}
            data-testid="contact-remove"
          >
            <IconTrash size={18} />
          </ActionIcon>
        </Group>
      )}
      {act === "remove" && <Remove mail={mail} mails={mails} onClose={done} />}
    </Group>
  );
}
