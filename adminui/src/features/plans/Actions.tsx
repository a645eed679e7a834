import { Chip, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { PlanAction, PlanDetail, PlanOp } from "../../api/directory.ts";
import { ToneBadge, type Tone } from "../../components/Badges.tsx";
import { DataTable, type Column } from "../../components/DataTable.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { Panel } from "../../components/Panel.tsx";
import { useFilters } from "../../components/useFilters.ts";
import { actionsOf, ops } from "./planText.ts";

const tones: Record<PlanOp, Tone> = { lock: "bad", create: "info", update: "idle", unlock: "good" };

function Changes({ fields }: { fields: PlanAction["fields"] }) {
  const { t } = useTranslation("plans");
  if (fields.length === 0) return "–";
  return fields.map(({ field, from, to }) => (
    <div key={field}>
      {t(`field.${field}`, { defaultValue: field })}: {from || t("nothing")} →{" "}
      <strong>{to || t("nothing")}</strong>
    </div>
  ));
}

function Units({ units: { gain, lose } }: Pick<PlanAction, "units">) {
  const { t } = useTranslation("plans");
  const names = (list: typeof gain): string => list.map(({ name, code }) => name || code).join(", ");
  if (gain.length + lose.length === 0) return "–";
  return (
    <>
      {gain.length > 0 && <div>{t("gain", { units: names(gain) })}</div>}
      {lose.length > 0 && <div>{t("lose", { units: names(lose) })}</div>}
    </>
  );
}

function useColumns(): Column<PlanAction>[] {
  const { t } = useTranslation("plans");
  return [
    { id: "op", header: t("opTitle"), cell: (row) => <ToneBadge tone={tones[row.op]} label={t(`op.${row.op}`)} /> },
    {
      id: "person",
      header: t("person"),
      cell: ({ person }) => (
        <>
          {person.id ? (
            <LinkTo to="/persons/$id" params={{ id: person.id }} strong>
              {person.name}
            </LinkTo>
          ) : (
            <strong>{person.name}</strong>
          )}
          <Text size="xs" c="dimmed">
            {person.staff_number}
          </Text>
        </>
      ),
    },
    { id: "changes", header: t("changes"), cell: (row) => <Changes fields={row.fields} /> },
    { id: "units", header: t("units"), cell: (row) => <Units units={row.units} /> },
  ];
}

/** Actions is what a plan would do, person by person, so that a human can judge it. */
export function Actions({ plan }: { plan: PlanDetail }) {
  const { t } = useTranslation("plans");
  const [{ op }, change] = useFilters(["op"]);
  const columns = useColumns();
  const shown = actionsOf(plan.actions, op);
  const present = ops.filter((known) => plan.counts[known] > 0);
  return (
    <Panel title={t("actions")}>
      <Chip.Group value={op || "all"} onChange={(next) => change({ op: next === "all" ? "" : String(next) })}>
        <Group gap="xs" mb="sm" role="group" aria-label={t("filter")}>
          <Chip value="all">{t("allOps", { count: plan.actions.length })}</Chip>
          {present.map((known) => (
            <Chip key={known} value={known} data-testid={`plan-op-${known}`}>
              {t("opCount", { op: t(`op.${known}`), count: plan.counts[known] })}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      {shown.length === 0 ? (
        <Text size="sm">{t("none")}</Text>
      ) : (
        <DataTable
          label={t("actions")}
          columns={columns}
          rows={shown}
          rowKey={(row) => row.op + (row.person.id ?? "") + row.person.staff_number + row.person.name}
          rowData={(row) => ({ "data-testid": "plan-action", "data-op": row.op })}
        />
      )}
    </Panel>
  );
}
