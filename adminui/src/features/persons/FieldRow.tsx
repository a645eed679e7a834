import { ActionIcon, Button } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PersonValue } from "../../api/directory.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { ToneBadge } from "../../components/Badges.tsx";
import { useEditByHand } from "./calls.ts";
import { HandForm } from "./HandForm.tsx";
import { Origin } from "./Origin.tsx";
import { useFieldName } from "./useFieldName.ts";
import classes from "./Values.module.css";
import { isHand, type FieldValues } from "./values.ts";

function Statement({ value, alone }: { value: PersonValue; alone: boolean }) {
  const { t } = useTranslation("persons");
  const { valueText } = useFieldName();
  return (
    <div className={classes["statement"]} data-shown={value.shown} data-testid="value-row" data-field={value.field}>
      <span style={{ fontWeight: value.shown ? 600 : 400 }}>{valueText(value.field, value.text)}</span>
      {!alone && (value.shown ? <ToneBadge tone="good" label={t("counts")} /> : <span>{t("countsNot")}</span>)}
      <span className={classes["origin"]}>
        <Origin source={value.source} {...(value.message ? { message: value.message } : {})} />
        {" · "}
        <Time at={value.at} />
      </span>
    </div>
  );
}

function TakeBack({ person, field }: { person: string; field: string }) {
  const { t } = useTranslation("persons");
  const edit = useEditByHand(person);
  return (
    <>
      <Button
        size="compact-sm"
        variant="subtle"
        loading={edit.isPending}
        onClick={() => edit.mutate({ values: { [field]: null } })}
        data-testid="value-take-back"
      >
        {t("hand.takeBack")}
      </Button>
      <ActionError error={edit.error} />
    </>
  );
}

interface Props {
  person: string;
  values: FieldValues;
  /** The row was added to enter something. */
  begin: boolean;
  onDone: () => void;
}

/** FieldRow is one field: all statements, whose word counts, and what the hand may do. */
export function FieldRow({ person, values: { field, shown, stated }, begin, onDone }: Props) {
  const { t } = useTranslation("persons");
  const { fieldName } = useFieldName();
  const [editing, setEditing] = useState(begin);
  const byHand = stated.find(({ source }) => isHand(source));
  const close = (): void => {
    setEditing(false);
    onDone();
  };
  return (
    <div className={classes["row"]} data-testid="field-row" data-field={field}>
      <dt>{fieldName(field)}</dt>
      <dd>
        {stated.map((value) => (
          <Statement key={value.source.id + value.text} value={value} alone={stated.length === 1 && value.shown} />
        ))}
        {editing && <HandForm person={person} field={field} start={byHand?.text ?? shown?.text ?? ""} onDone={close} />}
        {byHand && !editing && <TakeBack person={person} field={field} />}
      </dd>
      <dd className={classes["act"]}>
        {!editing && (
          <ActionIcon
            size={32}
            aria-label={t("hand.edit", { field: fieldName(field) })}
            onClick={() => setEditing(true)}
            data-testid="value-edit"
          >
            <IconPencil size={18} />
          </ActionIcon>
        )}
      </dd>
    </div>
  );
}
