import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { PlanAction, PlanOp } from "../../api/directory.ts";
import { ToneBadge, type Tone } from "../../components/Badges.tsx";
import { DataTable, type Column } from "../../components/DataTable.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { Changes, UnitChanges } from "./Changes.tsx";

const tones: Record<PlanOp, Tone> = {
  lock: "bad",
  lock_here: "bad",
  create: "info",
  update: "idle",
  unlock: "good",
  unlock_here: "good",
  link: "info",
};

function Who({ person, problems = [] }: Pick<PlanAction, "person" | "problems">) {
  const { t } = useTranslation("plans");
  return (
    <>
      {person.id ? (
        <LinkTo to="/persons/$id" params={{ id: person.id }} strong>
          {person.name}
        </LinkTo>
      ) : (
        <strong>{person.name}</strong>
      )}
      <Text size="xs" c="dimmed" className="wl-tabular">
        {person.staff_number}
      </Text>
      {problems.map((code) => (
        <Text key={code} size="xs" fw={600} data-testid="plan-problem">
          {t("problemOf", { problem: t(`problem.${code}`, { defaultValue: code }) })}
        </Text>
      ))}
    </>
  );
}

interface Props {
  actions: readonly PlanAction[];
  /** Units the plan names. */
  units: { code: string; name?: string }[];
}

/** ActionTable is what happens to people, one row for each. */
export function ActionTable({ actions, units }: Props) {
  const { t } = useTranslation("plans");
  const columns: Column<PlanAction>[] = [
    {
      id: "op",
      header: t("opTitle"),
      cell: (row) => <ToneBadge tone={tones[row.op] ?? "idle"} label={t(`op.${row.op}`, { defaultValue: row.op })} />,
    },
    { id: "person", header: t("person"), cell: (row) => <Who person={row.person} problems={row.problems ?? []} /> },
    { id: "changes", header: t("changes"), cell: (row) => <Changes fields={row.fields} /> },
    { id: "units", header: t("units"), cell: (row) => <UnitChanges units={row.units} known={units} /> },
  ];
  return (
    <DataTable
      label={t("actions")}
      columns={columns}
      rows={actions}
      rowKey={(row) => row.key}
      rowData={(row) => ({ "data-testid": "plan-action", "data-op": row.op })}
    />
  );
}
