import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Difference } from "../../api/systems.ts";
import { DataTable } from "../../components/DataTable.tsx";
import { fieldPath, valueText } from "./diffText.ts";
import { fieldTexts } from "./form/texts.ts";

/** DiffTable shows field by field what was and what is. Secrets are never in it. */
export function DiffTable({ kind, diff }: { kind: string; diff: Difference[] }) {
  const { t, i18n } = useTranslation("connectors");
  const words = { none: t("value.none"), yes: t("yes"), no: t("no") };
  const texts = fieldTexts(kind, t, i18n);
  const nameOf = (path: string): string => {
    const { field, index } = fieldPath(path);
    return index ? `${texts.label(field)} (${index})` : texts.label(field);
  };
  if (diff.length === 0) return <Text size="sm">{t("revision.same")}</Text>;
  return (
    <DataTable
      label={t("revision.diff")}
      rows={diff}
      rowKey={(row) => row.path}
      columns={[
        { id: "field", header: t("revision.field"), cell: (row) => nameOf(row.path) },
        { id: "from", header: t("revision.from"), cell: (row) => valueText(row.from, words) },
        { id: "to", header: t("revision.to"), cell: (row) => <strong>{valueText(row.to, words)}</strong> },
      ]}
    />
  );
}
