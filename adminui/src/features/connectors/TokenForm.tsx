import { Button, Checkbox, Group, Stack, TagsInput, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Connector, Scope } from "../../api/systems.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { Panel } from "../../components/Panel.tsx";
import { useCreateToken } from "./calls.ts";

const scopes: Scope[] = ["trigger", "resolve", "status"];

interface Props {
  connector: Connector;
  /** Called with the secret, which is shown this once. */
  onCreated: (secret: string) => void;
}

export function TokenForm({ connector, onCreated }: Props) {
  const { t } = useTranslation("connectors");
  const [name, setName] = useState("");
  const [granted, setGranted] = useState<string[]>(["trigger", "resolve"]);
  const [wards, setWards] = useState<string[]>([]);
  const create = useCreateToken(connector.id);
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    const body = { name: name.trim(), scopes: scopes.filter((scope) => granted.includes(scope)), wards };
    create.mutate(body, {
      onSuccess: ({ token }) => {
        setName("");
        onCreated(token);
      },
    });
  };
  return (
    <Panel title={t("token.create")}>
      <Stack component="form" gap="sm" onSubmit={submit}>
        <TextInput
          label={t("token.name")}
          description={t("token.nameHelp")}
          value={name}
          onChange={(change) => setName(change.currentTarget.value)}
          required
        />
        <Checkbox.Group label={t("token.scopes")} value={granted} onChange={setGranted}>
          <Group mt="xs">
            {scopes.map((scope) => (
              <Checkbox key={scope} value={scope} label={t(`scope.${scope}`)} />
            ))}
          </Group>
        </Checkbox.Group>
        <TagsInput
          label={t("token.wards")}
          description={t("token.wardsHelp")}
          value={wards}
          onChange={setWards}
          acceptValueOnBlur
        />
        <ActionError error={create.error} />
        <Group>
          <Button
            type="submit"
            loading={create.isPending}
            disabled={name.trim() === "" || granted.length === 0}
            data-testid="token-create"
          >
            {t("token.create")}
          </Button>
        </Group>
      </Stack>
    </Panel>
  );
}
