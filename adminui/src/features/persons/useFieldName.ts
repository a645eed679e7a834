import { useTranslation } from "react-i18next";

/** The fields sources state, in the order people read them. */
export const fields = [
  "family_name",
  "given_name",
  "title",
  "staff_number",
  "login",
  "mail",
  "phone",
  "mobile",
  "extension",
  "pager",
  "profession",
  "job_title",
  "department",
  "active_from",
  "active_until",
] as const;

/** useFieldName words the names of fields, and the values that are words of ours. */
export function useFieldName(): {
  fieldName: (field: string) => string;
  valueText: (field: string, value: string) => string;
} {
  const { t } = useTranslation("persons");
  return {
    fieldName: (field) => t(`field.${field}`, { defaultValue: field }),
    valueText: (field, value) => {
      if (value === "") return t("nothing");
      return field === "status" ? t(`status.${value}`, { defaultValue: value }) : value;
    },
  };
}
