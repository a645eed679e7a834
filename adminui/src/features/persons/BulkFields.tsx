import { Select, Stack, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { BulkOp } from "../../api/staff.ts";
import { useGroupChoices } from "../groups/calls.ts";
import type { BulkInput } from "./bulkText.ts";
import { useUnitChoices } from "./calls.ts";
import { fields, useFieldName } from "./useFieldName.ts";

// What names somebody is not set for many at once.
const settable = fields.filter((field) => !["family_name", "given_name", "staff_number", "login", "mail"].includes(field));

interface Props {
  op: BulkOp;
  input: BulkInput;
  onChange: (input: BulkInput) => void;
}

/** BulkFields asks for the unit, the group or the value a bulk is about. */
export function BulkFields({ op, input, onChange }: Props) {
  const { t } = useTranslation("persons");
  const { fieldName } = useFieldName();
  const units = useUnitChoices();
  // Only a group by hand has members one can add.
  const groups = useGroupChoices().filter(({ kind }) => kind === "hand");
  if (op === "add_unit" || op === "remove_unit") {
    return (
      <Select
        label={t("unit")}
        data={units}
        searchable
        value={input.unit ?? null}
        onChange={(unit) => onChange(unit ? { unit } : {})}
        data-testid="bulk-unit"
      />
    );
  }
  if (op === "add_group" || op === "remove_group") {
    return (
      <Select
        label={t("group")}
        description={t("bulk.groupHint")}
        data={groups}
        searchable
        value={input.group ?? null}
        onChange={(group) => onChange(group ? { group } : {})}
        data-testid="bulk-group"
      />
    );
  }
  if (op !== "set_field") return null;
  return (
    <Stack gap="sm">
      <Select
        label={t("what")}
        data={settable.map((value) => ({ value, label: fieldName(value) }))}
        value={input.field ?? null}
        onChange={(field) => onChange({ text: input.text ?? "", ...(field ? { field } : {}) })}
        data-testid="bulk-field"
      />
      <TextInput
        label={t("value")}
        description={t("bulk.textHint")}
        maxLength={250}
        value={input.text ?? ""}
        onChange={(change) => onChange({ ...input, text: change.currentTarget.value })}
        data-testid="bulk-text"
      />
    </Stack>
  );
}
