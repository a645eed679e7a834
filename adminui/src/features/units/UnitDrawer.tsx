import { Button, Drawer, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Unit } from "../../api/directory.ts";
import type { UnitEdit } from "../../api/staff.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { useSaveUnit, useUnits } from "./calls.ts";
import { belowOrSelf } from "./tree.ts";

const kinds: UnitEdit["kind"][] = ["house", "clinic", "ward"];

/** What is edited: an existing unit, or a new one below another or at the top. */
export type Edited = { unit: Unit } | { parent: string };

interface FormProps {
  edited: Edited;
  onClose: () => void;
}

function startOf(edited: Edited): UnitEdit {
  if (!("unit" in edited)) return { code: "", name: "", kind: "ward", parent_id: edited.parent };
  const { code, name, kind, parent_id: parent = "" } = edited.unit;
  return { code, name, kind, parent_id: parent };
}

function UnitForm({ edited, onClose }: FormProps) {
  const { t } = useTranslation("units");
  const units = useUnits().data?.items ?? [];
  const [{ parent_id: parent = "", ...form }, setForm] = useState(() => startOf(edited));
  const save = useSaveUnit();
  const id = "unit" in edited ? edited.unit.id : "";
  const change = (part: Partial<UnitEdit>): void => setForm({ parent_id: parent, ...form, ...part });
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    const body = { ...form, code: form.code.trim(), name: form.name.trim(), ...(parent ? { parent_id: parent } : {}) };
    save.mutate(
      { ...(id ? { id } : {}), body },
      {
        onSuccess: () => {
          notifications.show({ message: t("form.saved", { name: body.name }) });
          onClose();
        },
      },
    );
  };
  // A unit cannot move below itself.
  const below = belowOrSelf(units, id);
  const parents = units.filter((unit) => !below.has(unit.id));
  return (
    <form onSubmit={submit}>
      <Stack>
        {"unit" in edited && edited.unit.source?.name && <Text size="sm">{t("form.ofSource")}</Text>}
        <TextInput
          label={t("form.code")}
          description={t("form.codeHint")}
          required
          maxLength={64}
          data-autofocus
          value={form.code}
          onChange={(typed) => change({ code: typed.currentTarget.value })}
          data-testid="unit-code"
        />
        <TextInput
          label={t("form.name")}
          required
          maxLength={200}
          value={form.name}
          onChange={(typed) => change({ name: typed.currentTarget.value })}
          data-testid="unit-name"
        />
        <Select
          label={t("form.kind")}
          data={kinds.map((value) => ({ value, label: t(`kind.${value}`) }))}
          value={form.kind}
          allowDeselect={false}
          onChange={(kind) => kind && change({ kind: kind as UnitEdit["kind"] })}
        />
        <Select
          label={t("form.parent")}
          placeholder={t("form.top")}
          data={parents.map((unit) => ({ value: unit.id, label: `${unit.name} (${unit.code})` }))}
          searchable
          clearable
          clearButtonProps={{ "aria-label": t("clear") }}
          value={parent || null}
          onChange={(to) => change({ parent_id: to ?? "" })}
        />
        <ActionError error={save.error} codes={{ code_taken: t("form.codeTaken"), circle: t("form.circle") }} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button
            type="submit"
            disabled={form.code.trim() === "" || form.name.trim() === ""}
            loading={save.isPending}
            data-testid="unit-save"
          >
            {t("form.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface Props {
  /** null: closed. */
  edited: Edited | null;
  onClose: () => void;
}

/** UnitDrawer adds a unit by hand, or renames and moves one. */
export function UnitDrawer({ edited, onClose }: Props) {
  const { t } = useTranslation("units");
  const title = edited && "unit" in edited ? t("edit", { unit: edited.unit.name }) : t("create");
  return (
    <Drawer opened={edited !== null} onClose={onClose} position="right" title={title} closeButtonProps={{ "aria-label": t("close") }}>
      {edited && <UnitForm edited={edited} onClose={onClose} />}
    </Drawer>
  );
}
