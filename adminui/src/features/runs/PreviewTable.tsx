import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { PreviewRecord } from "../../api/runs.ts";
import { Panel } from "../../components/Panel.tsx";
import { fields, useFieldName } from "../persons/useFieldName.ts";
import classes from "../plans/Changes.module.css";
import { RecordFate } from "./RecordTable.tsx";
import { recordText } from "./runText.ts";

function Line({ name, text }: { name: string; text: string }) {
  return (
    <div className={classes["line"]}>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </div>
  );
}

function Person({ record }: { record: PreviewRecord }) {
  const { t } = useTranslation("runs");
  const { fieldName } = useFieldName();
  const { values = {}, units, groups } = record;
  const rank = (field: string): number => (fields as readonly string[]).indexOf(field);
  const stated = Object.entries(values).sort(([a], [b]) => rank(a) - rank(b));
  const name = [values["given_name"], values["family_name"]].filter(Boolean).join(" ");
  const names = (list: { code: string; name?: string }[] | null = []): string =>
    (list ?? []).map((one) => (one.name ? `${one.name} (${one.code})` : one.code)).join(", ");
  return (
    <Panel title={name || record.key || record.record}>
      <RecordFate {...record} />
      <dl className={classes["list"]}>
        {stated.map(([field, text]) => (
          <Line key={field} name={fieldName(field)} text={text} />
        ))}
        {names(units) && <Line name={t("preview.units")} text={names(units)} />}
        {names(groups) && <Line name={t("preview.groups")} text={names(groups)} />}
      </dl>
      <Text size="sm" c="dimmed" mt="xs">
        {[
          record.photo && t("preview.photo"),
          record.op === "deactivate" && t("preview.deactivate"),
          record.key && `${t("key")}: ${record.key}`,
          record.record && recordText(record.record, t),
        ]
          .filter(Boolean)
          .join(" · ")}
      </Text>
    </Panel>
  );
}

/** PreviewTable is people of a source as they are mapped, each with all that would be taken. */
export function PreviewTable({ records }: { records: PreviewRecord[] }) {
  return records.map((record, at) => <Person key={`${at} ${record.record}`} record={record} />);
}
