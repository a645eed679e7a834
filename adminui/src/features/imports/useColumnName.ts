import { useTranslation } from "react-i18next";
import { useFieldName } from "../persons/useFieldName.ts";
import { extraFields } from "./mapping.ts";

/** useColumnName words what a column may mean. */
export function useColumnName(): (field: string) => string {
  const { t } = useTranslation("imports");
  const { fieldName } = useFieldName();
  const extra: readonly string[] = extraFields;
  return (field) => (extra.includes(field) ? t(`column.${field}`) : fieldName(field));
}
