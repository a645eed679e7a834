import { Button, Group, List, MultiSelect, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PersonDetail } from "../../api/directory.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { Panel } from "../../components/Panel.tsx";
import { useEditByHand, useUnitChoices } from "./calls.ts";
import { handUnits } from "./values.ts";

function HandUnits({ person, onDone }: { person: PersonDetail; onDone: () => void }) {
  const { t } = useTranslation("persons");
  const choices = useUnitChoices();
  const [codes, setCodes] = useState(() => handUnits(person.sources ?? []));
  const edit = useEditByHand(person.id);
  const save = (): void =>
    edit.mutate({ values: {}, units: codes.map((code) => ({ code, primary: false })) }, { onSuccess: onDone });
  return (
    <Stack gap="xs" mt="sm">
      <MultiSelect
        label={t("hand.units")}
        description={t("hand.unitsHint")}
        data={choices}
        searchable
        value={codes}
        onChange={setCodes}
        data-testid="person-units"
      />
      <Group gap="xs">
        <Button size="sm" onClick={save} loading={edit.isPending} data-testid="person-units-save">
          {t("save")}
        </Button>
        <Button size="sm" variant="default" onClick={onDone}>
          {t("cancel")}
        </Button>
      </Group>
      <ActionError error={edit.error} />
    </Stack>
  );
}

/** UnitsPanel is where somebody works, and the units they were put on by hand. */
export function UnitsPanel({ person }: { person: PersonDetail }) {
  const { t } = useTranslation("persons");
  const [editing, setEditing] = useState(false);
  return (
    <Panel
      title={t("units")}
      actions={
        !editing && (
          <Button size="compact-sm" variant="subtle" onClick={() => setEditing(true)} data-testid="person-units-edit">
            {t("hand.editUnits")}
          </Button>
        )
      }
    >
      {person.units.length === 0 ? (
        <Text size="sm">{t("noUnits")}</Text>
      ) : (
        <List size="sm">
          {person.units.map(({ code, name }) => (
            <List.Item key={code}>{name ? `${name} (${code})` : code}</List.Item>
          ))}
        </List>
      )}
      {editing && <HandUnits person={person} onDone={() => setEditing(false)} />}
    </Panel>
  );
}
