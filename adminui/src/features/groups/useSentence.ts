import { useTranslation } from "react-i18next";
import type { Expression } from "../../api/staff.ts";
import { useFieldName } from "../persons/useFieldName.ts";
import { sentenceOf } from "./expression.ts";

/** useSentence reads a group's rule as a sentence; "" where there is none. */
export function useSentence(): (rule: Expression | undefined) => string {
  const { t } = useTranslation("groups");
  const { fieldName } = useFieldName();
  return (rule) =>
    rule && rule.all.length > 0
      ? sentenceOf(rule, {
          or: t("rule.or"),
          and: t("rule.and"),
          test: ({ field, op, text }) => t(`rule.says.${op}`, { field: fieldName(field), text: text || "…" }),
        })
      : "";
}
