import { ActionIcon, Group, Select, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Test, TestOp } from "../../api/staff.ts";
import { useUnitChoices } from "../persons/calls.ts";
import { useFieldName } from "../persons/useFieldName.ts";
import { opsOf, testable, withField } from "./expression.ts";

interface Props {
  test: Test;
  onChange: (test: Test) => void;
  onRemove: () => void;
}

/** TestFields is one comparison: field, how, with what. */
export function TestFields({ test, onChange, onRemove }: Props) {
  const { t } = useTranslation("groups");
  const { fieldName } = useFieldName();
  const units = useUnitChoices();
  return (
    <Group gap="xs" align="flex-end" data-testid="group-test">
      <Select
        aria-label={t("rule.field")}
        data={testable.map((value) => ({ value, label: fieldName(value) }))}
        value={test.field}
        allowDeselect={false}
        searchable
        onChange={(field) => field && onChange(withField(test, field))}
        style={{ flex: "1 1 150px" }}
      />
      <Select
        aria-label={t("rule.op")}
        data={opsOf(test.field).map((value) => ({ value, label: t(`rule.ops.${value}`) }))}
        value={test.op}
        allowDeselect={false}
        onChange={(op) => op && onChange({ ...test, op: op as TestOp, ...(op === "is_empty" ? { text: "" } : {}) })}
        style={{ flex: "1 1 150px" }}
      />
      {test.field === "unit" ? (
        <Select
          aria-label={t("rule.unit")}
          placeholder={t("rule.unit")}
          data={units}
          searchable
          value={test.text || null}
          onChange={(text) => onChange({ ...test, text: text ?? "" })}
          style={{ flex: "2 1 200px" }}
        />
      ) : (
        test.op !== "is_empty" && (
          <TextInput
            aria-label={t("rule.text")}
            placeholder={t("rule.text")}
            maxLength={250}
            value={test.text}
            onChange={(change) => onChange({ ...test, text: change.currentTarget.value })}
            style={{ flex: "2 1 200px" }}
            data-testid="group-text"
          />
        )
      )}
      <ActionIcon aria-label={t("rule.remove", { field: fieldName(test.field) })} onClick={onRemove}>
        <IconTrash size={18} />
      </ActionIcon>
    </Group>
  );
}
