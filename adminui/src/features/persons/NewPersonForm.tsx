import { Button, Group, MultiSelect, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { ActionError } from "../../components/ActionError.tsx";
import { useEnter, useUnitChoices } from "./calls.ts";
import { Duplicates } from "./Duplicates.tsx";
import { asked, duplicatesIn, entryOf, nameless } from "./newPerson.ts";
import { useFieldName } from "./useFieldName.ts";

/** NewPersonForm warns before the same person is there twice, and leaves the decision to its reader. */
export function NewPersonForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("persons");
  const { fieldName } = useFieldName();
  const navigate = useNavigate();
  const choices = useUnitChoices();
  const [values, setValues] = useState<Record<string, string>>({});
  const [units, setUnits] = useState<string[]>([]);
  const enter = useEnter();
  const alike = duplicatesIn(enter.error);
  const save = (confirm: boolean): void =>
    enter.mutate(
      { entry: entryOf(values, units), confirm },
      {
        onSuccess: ({ id }) => {
          onClose();
          void navigate({ to: "/persons/$id", params: { id } });
        },
      },
    );
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    save(false);
  };
  if (alike) {
    return <Duplicates entered={values} persons={alike} pending={enter.isPending} onBack={enter.reset} onAnyway={() => save(true)} />;
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">{t("new.hint")}</Text>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {asked.map((field, index) => (
            <TextInput
              key={field}
              label={fieldName(field)}
              required={field === "family_name"}
              type={field.startsWith("active_") ? "date" : "text"}
              maxLength={250}
              {...(index === 0 ? { "data-autofocus": true } : {})}
              value={values[field] ?? ""}
              onChange={(change) => {
                const { value } = change.currentTarget;
                setValues((before) => ({ ...before, [field]: value }));
              }}
              data-testid={`new-${field}`}
            />
          ))}
        </SimpleGrid>
        <MultiSelect label={t("units")} data={choices} searchable value={units} onChange={setUnits} data-testid="new-units" />
        <ActionError error={enter.error} codes={{ bad_date: t("hand.badDate") }} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button type="submit" disabled={nameless(values)} loading={enter.isPending} data-testid="new-save">
            {t("create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
