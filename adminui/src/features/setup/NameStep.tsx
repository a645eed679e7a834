import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Facts } from "../../api/setup.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { useRename } from "./calls.ts";

/** NameStep names the clinic, as everybody will read it, and its time zone. */
export function NameStep({ facts, onNext }: { facts: Facts; onNext: () => void }) {
  const { t } = useTranslation("setup");
  const [name, setName] = useState(facts.clinic_name ?? "");
  const [timezone, setTimezone] = useState(facts.timezone ?? "Europe/Berlin");
  const save = useRename();
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    save.mutate({ name: name.trim(), timezone: timezone.trim() }, { onSuccess: onNext });
  };
  return (
    <form onSubmit={submit}>
      <Stack maw={480}>
        <TextInput
          label={t("name.name")}
          required
          maxLength={200}
          value={name}
          onChange={(change) => setName(change.currentTarget.value)}
          data-testid="setup-name"
        />
        <TextInput
          label={t("name.timezone")}
          description={t("name.timezoneHelp")}
          required
          value={timezone}
          onChange={(change) => setTimezone(change.currentTarget.value)}
        />
        <ActionError error={save.error} />
        <Group>
          <Button type="submit" loading={save.isPending} data-testid="setup-name-save">
            {t("name.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
