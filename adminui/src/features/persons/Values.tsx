import { Button, Select, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PersonDetail } from "../../api/directory.ts";
import { Panel } from "../../components/Panel.tsx";
import { FieldRow } from "./FieldRow.tsx";
import { fields, useFieldName } from "./useFieldName.ts";
import classes from "./Values.module.css";
import { valuesByField } from "./values.ts";

function AddField({ taken, onAdd }: { taken: string[]; onAdd: (field: string) => void }) {
  const { t } = useTranslation("persons");
  const { fieldName } = useFieldName();
  const [picking, setPicking] = useState(false);
  const free = fields.filter((field) => !taken.includes(field));
  if (free.length === 0) return null;
  if (!picking) {
    return (
      <Button
        size="sm"
        variant="default"
        leftSection={<IconPlus size={16} aria-hidden="true" />}
        onClick={() => setPicking(true)}
        data-testid="value-add"
      >
        {t("hand.add")}
      </Button>
    );
  }
  return (
    <Select
      aria-label={t("hand.pick")}
      placeholder={t("hand.pick")}
      data={free.map((value) => ({ value, label: fieldName(value) }))}
      autoFocus
      value={null}
      onChange={(field) => {
        setPicking(false);
        if (field) onAdd(field);
      }}
      w={240}
    />
  );
}

/** Values is every value with all who state it, and whose word counts. */
export function Values({ person }: { person: PersonDetail }) {
  const { t } = useTranslation("persons");
  const [added, setAdded] = useState<string | null>(null);
  const known = valuesByField(person.values);
  const taken = known.map(({ field }) => field);
  const rows = added && !taken.includes(added) ? [...known, { field: added, stated: [] }] : known;
  return (
    <Panel title={t("values")} actions={<AddField taken={taken} onAdd={setAdded} />}>
      {rows.length === 0 && <Text size="sm">{t("noValues")}</Text>}
      <dl className={classes["list"]}>
        {rows.map((row) => (
          <FieldRow key={row.field} person={person.id} values={row} begin={row.field === added} onDone={() => setAdded(null)} />
        ))}
      </dl>
    </Panel>
  );
}
