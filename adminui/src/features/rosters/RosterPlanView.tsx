import { Stack, Text, Title } from "@mantine/core";
import { absoluteTime } from "@wardline/uikit/components/timeText.ts";
import { useTranslation } from "react-i18next";
import type { RosterPlan, Shift } from "../../api/staff.ts";
import { DataTable } from "../../components/DataTable.tsx";
import { byPlace, recordText } from "../runs/runText.ts";
import { ShiftTable } from "./ShiftTable.tsx";

function Part({ title, shifts }: { title: string; shifts: Shift[] }) {
  return (
    <div>
      <Title order={3} size="h5" mb="xs">
        {title}
      </Title>
      {shifts.length > 0 && <ShiftTable label={title} shifts={shifts} />}
    </div>
  );
}

function Faults({ faults }: Pick<RosterPlan, "faults">) {
  const { t } = useTranslation("rosters");
  const { t: say } = useTranslation("runs");
  const title = t("faults", { count: faults.length });
  return (
    <div>
      <Title order={3} size="h5" mb="xs">
        {title}
      </Title>
      <DataTable
        label={title}
        rows={faults.toSorted(byPlace)}
        rowKey={(row) => row.record + row.code + (row.text ?? "")}
        rowData={(row) => ({ "data-testid": "roster-fault", "data-code": row.code })}
        columns={[
          { id: "record", header: t("record"), cell: (row) => recordText(row.record, say) },
          {
            id: "why",
            header: t("why"),
            cell: (row) => (
              <>
                {t(`fault.${row.code}`, { defaultValue: row.code })}
                {row.text && (
                  <Text size="xs" c="dimmed">
                    {row.text}
                  </Text>
                )}
              </>
            ),
          },
        ]}
      />
    </div>
  );
}

/** RosterPlanView is what a roster would add, remove and leave, and what it could not take. */
export function RosterPlanView({ plan }: { plan: RosterPlan }) {
  const { t, i18n } = useTranslation("rosters");
  const day = (at: string): string => absoluteTime(new Date(at), i18n.language);
  const any = plan.adds.length + plan.removes.length + plan.same > 0;
  return (
    <Stack gap="sm" role="status" data-testid="roster-plan">
      {any && <Text size="sm">{t("window_is", { from: day(plan.from), until: day(plan.until) })}</Text>}
      {plan.faults.length > 0 && <Faults faults={plan.faults} />}
      <Part title={t("adds", { count: plan.adds.length })} shifts={plan.adds} />
      <Part title={t("removes", { count: plan.removes.length })} shifts={plan.removes} />
      <Text size="sm">{t("same", { count: plan.same })}</Text>
    </Stack>
  );
}
