import { Select, Stack, Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { GroupForm } from "../../api/staff.ts";
import { Panel } from "../../components/Panel.tsx";
import { useTargets } from "./useTargets.ts";

interface Props {
  form: GroupForm;
  onChange: (part: Partial<GroupForm>) => void;
}

/** BindingFields is what follows a group: its room, a duty, a unit, each by itself. */
export function BindingFields({ form, onChange }: Props) {
  const { t } = useTranslation("groups");
  const { roles, units } = useTargets();
  const clear = { clearable: true, clearButtonProps: { "aria-label": t("clear") }, searchable: true, maw: 480 };
  return (
    <Panel title={t("bound.title")}>
      <Stack gap="sm">
        <Switch
          label={t("bound.room")}
          description={t("bound.roomHint")}
          checked={form.room ?? false}
          onChange={(change) => onChange({ room: change.currentTarget.checked })}
          data-testid="group-room"
        />
        <Select
          label={t("bound.role")}
          description={t("bound.roleHint")}
          placeholder={t("bound.none")}
          data={roles}
          value={form.role_id || null}
          onChange={(id) => onChange({ role_id: id ?? "" })}
          {...clear}
        />
        <Select
          label={t("bound.unit")}
          description={t("bound.unitHint")}
          placeholder={t("bound.none")}
          data={units}
          value={form.unit_id || null}
          onChange={(id) => onChange({ unit_id: id ?? "" })}
          {...clear}
        />
      </Stack>
    </Panel>
  );
}
