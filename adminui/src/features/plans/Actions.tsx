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
  const valueOf = (field: string, value: string): string => {
    if (value === "") return t("nothing");
    return field === "status" ? t(`status.${value}`, { defaultValue: value }) : value;
  };
  return fields.map(({ field, from, to }) => (
    <div key={field}>
      {t(`field.${field}`, { defaultValue: field })}: {valueOf(field, from)} →{" "}
      <strong>{valueOf(field, to)}</strong>
    </div>
  ));
}

interface UnitsProps extends Pick<PlanAction, "units"> {
  known: { code: string; name?: string }[];
}

function Units({ units: { gain, lose }, known }: UnitsProps) {
  const { t } = useTranslation("plans");
  const nameOf = (code: string): string => known.find((unit) => unit.code === code)?.name || code;
  const names = (codes: string[]): string => codes.map(nameOf).join(", ");
  if (gain.length + lose.length === 0) return "–";
  return (
    <>
      {gain.length > 0 && <div>{t("gain", { units: names(gain) })}</div>}
      {lose.length > 0 && <div>{t("lose", { units: names(lose) })}</div>}
    </>
  );
}

function useColumns(plan: PlanDetail): Column<PlanAction>[] {
  const { t } = useTranslation("plans");
  return [
    { id: "op", header: t("opTitle"), cell: (row) => <ToneBadge tone={tones[row.op]} label={t(`op.${row.op}`)} /> },
    {
      id: "person",
      header: t("person"),
      cell: ({ person, problems }) => (
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
          {problems && problems.length > 0 && (
            <Text size="xs" fw={600}>
              {t("problems", { list: problems.map((code) => t(`problem.${code}`, { defaultValue: code })).join(", ") })}
            </Text>
          )}
        </>
      ),
    },
    { id: "changes", header: t("changes"), cell: (row) => <Changes fields={row.fields} /> },
    { id: "units", header: t("units"), cell: (row) => <Units units={row.units} known={plan.units ?? []} /> },
  ];
}

/** Actions is what a plan would do, person by person, so that a human can judge it. */
export function Actions({ plan }: { plan: PlanDetail }) {
  const { t } = useTranslation("plans");
  const [{ op }, change] = useFilters(["op"]);
  const columns = useColumns(plan);
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
          rowKey={(row) => row.key}
          rowData={(row) => ({ "data-testid": "plan-action", "data-op": row.op })}
        />
      )}
    </Panel>
  );
}
