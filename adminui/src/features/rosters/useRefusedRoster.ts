import { ApiError } from "@wardline/uikit/api/problem.ts";
import { useTranslation } from "react-i18next";
import { useRefusals } from "../imports/useRefusals.ts";

/** lacking are the fields of a roster no column means, as the answer names them. */
export function lacking(error: Error | null): string[] {
  const { errors = [] } = error instanceof ApiError ? error.problem : {};
  return errors.map(({ location = "" }) => location.replace("body.", ""));
}

/** useRefusedRoster are the words for files that are no roster, by code, for the answer there is. */
export function useRefusedRoster(error: Error | null): Record<string, string> {
  const { t, i18n } = useTranslation("rosters");
  const refusals = useRefusals(error);
  const fields = lacking(error);
  const names = fields.map((field) => t(`column.${field}`, { defaultValue: field }));
  const columns = new Intl.ListFormat(i18n.language).format(names);
  return {
    ...refusals,
    empty: t("emptyFile"),
    pdf: t("refused.pdf"),
    no_table: t("refused.no_table"),
    missing_columns: t("refused.missing", { count: fields.length, columns }),
    staff_list: t("refused.staff", { count: fields.length, columns }),
  };
}
