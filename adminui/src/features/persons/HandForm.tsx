import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ActionError } from "../../components/ActionError.tsx";
import { useEditByHand } from "./calls.ts";
import { useFieldName } from "./useFieldName.ts";

interface Props {
  person: string;
  field: string;
  start: string;
  onDone: () => void;
}

/** HandForm states one value by hand. */
export function HandForm({ person, field, start, onDone }: Props) {
  const { t } = useTranslation("persons");
  const { fieldName } = useFieldName();
  const [text, setText] = useState(start);
  const edit = useEditByHand(person);
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    edit.mutate({ values: { [field]: text.trim() } }, { onSuccess: onDone });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="xs" mt="xs">
        <TextInput
          label={t("hand.value", { field: fieldName(field) })}
          description={t("hand.hint")}
          type={field.startsWith("active_") ? "date" : "text"}
          value={text}
          maxLength={250}
          autoFocus
          onChange={(change) => setText(change.currentTarget.value)}
          data-testid="value-text"
        />
        <Group gap="xs">
          <Button type="submit" size="sm" disabled={text.trim() === ""} loading={edit.isPending} data-testid="value-save">
            {t("save")}
          </Button>
          <Button size="sm" variant="default" onClick={onDone}>
            {t("cancel")}
          </Button>
        </Group>
        <ActionError error={edit.error} codes={{ taken: t("hand.taken"), bad_date: t("hand.badDate") }} />
      </Stack>
    </form>
  );
}
