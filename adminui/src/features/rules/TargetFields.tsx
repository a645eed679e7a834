import { ActionIcon, Autocomplete, Group, Select } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Target, TargetKind } from "../../api/alerting.ts";
import type { Choices } from "./calls.ts";

const kinds: TargetKind[] = ["duty", "ward", "group", "admins"];

interface Props {
  target: Target;
  choices: Choices;
  onChange: (target: Target) => void;
  /** Absent for the only target of a step. */
  onRemove?: () => void;
}

/** TargetFields says how a step finds its people: a role on duty, a ward, a group, the technicians. */
export function TargetFields({ target, choices, onChange, onRemove }: Props) {
  const { t } = useTranslation("rules");
  const pick = (kind: string | null): void => {
    if (kind) onChange({ kind: kind as TargetKind });
  };
  const code = (value: string): void =>
    onChange(value ? { kind: target.kind, code: value } : { kind: target.kind });
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      <Select
        label={t("targetKind")}
        data={kinds.map((kind) => ({ value: kind, label: t(`targetName.${kind}`) }))}
        value={target.kind}
        allowDeselect={false}
        onChange={pick}
        style={{ flex: 1 }}
        miw={0}
      />
      {target.kind !== "admins" && (
        <Autocomplete
          label={t(target.kind === "duty" ? "roleName" : "unitCode")}
          placeholder={target.kind === "group" ? "" : t("ofTheCall")}
          data={target.kind === "duty" ? choices.roles : choices.units}
          value={target.code ?? ""}
          onChange={code}
          style={{ flex: 1 }}
          miw={0}
        />
      )}
      {onRemove && (
        <ActionIcon aria-label={t("removeTarget")} onClick={onRemove} mb={2}>
          <IconTrash size={18} />
        </ActionIcon>
      )}
    </Group>
  );
}
