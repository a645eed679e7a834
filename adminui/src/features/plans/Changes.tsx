import { VisuallyHidden } from "@mantine/core";
import { IconArrowRight, IconMinus, IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { PlanAction } from "../../api/directory.ts";
import type { Diff } from "../../api/staff.ts";
import { useFieldName } from "../persons/useFieldName.ts";
import classes from "./Changes.module.css";

/** Changes says field by field what was and what would be: crossed out, arrow, bold. */
export function Changes({ fields }: { fields: readonly Diff[] }) {
  const { t } = useTranslation("plans");
  const { fieldName, valueText } = useFieldName();
  if (fields.length === 0) return "–";
  return (
    <dl className={classes["list"]}>
      {fields.map(({ field, from, to }) => (
        <div key={field} className={classes["line"]} data-testid="diff" data-field={field}>
          <dt>{fieldName(field)}</dt>
          <dd>
            {from && (
              <>
                <VisuallyHidden>{t("was")} </VisuallyHidden>
                <del className={classes["from"]}>{valueText(field, from)}</del>{" "}
                <IconArrowRight size={14} aria-hidden="true" className={classes["arrow"] ?? ""} />{" "}
                <VisuallyHidden>{t("becomes")} </VisuallyHidden>
              </>
            )}
            <ins className={classes["to"]}>{valueText(field, to)}</ins>
          </dd>
        </div>
      ))}
    </dl>
  );
}

interface UnitsProps extends Pick<PlanAction, "units"> {
  known: { code: string; name?: string }[];
}

/** UnitChanges marks units gained with a plus and lost with a minus, and says so in words. */
export function UnitChanges({ units: { gain, lose }, known }: UnitsProps) {
  const { t } = useTranslation("plans");
  const nameOf = (code: string): string => known.find((unit) => unit.code === code)?.name || code;
  if (gain.length + lose.length === 0) return "–";
  return (
    <ul className={classes["units"]}>
      {gain.map((code) => (
        <li key={`+${code}`}>
          <IconPlus size={14} aria-hidden="true" /> {t("gain", { units: nameOf(code) })}
        </li>
      ))}
      {lose.map((code) => (
        <li key={`-${code}`}>
          <IconMinus size={14} aria-hidden="true" /> {t("lose", { units: nameOf(code) })}
        </li>
      ))}
    </ul>
  );
}
