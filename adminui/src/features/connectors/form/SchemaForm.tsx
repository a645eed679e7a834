import type { FormProps } from "@rjsf/core";
import { generateForm } from "@rjsf/mantine";
import type { ErrorSchema, RJSFSchema, RJSFValidationError } from "@rjsf/utils";
import { useMemo, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import type { JsonObject, Kind } from "../../../api/systems.ts";
import type { Draft } from "./draft.ts";
import { idPrefix, idSeparator } from "./fieldPath.ts";
import classes from "./SchemaForm.module.css";
import { SecretWidget, type FormContext } from "./SecretWidget.tsx";
import { fieldTexts } from "./texts.ts";
import { uiSchemaOf } from "./uiSchema.ts";
import { useWording } from "./useWording.ts";
import { createValidator } from "./validator.ts";
import { FieldFrame, GroupTitle, Help, ListTitle, WordsWidget, YesNoWidget } from "./widgets.tsx";

const Form = generateForm<Draft, RJSFSchema, FormContext>();

const widgets = { secret: SecretWidget, words: WordsWidget, CheckboxWidget: YesNoWidget };
const templates = {
  FieldTemplate: FieldFrame,
  TitleFieldTemplate: GroupTitle,
  DescriptionFieldTemplate: Help,
  ArrayFieldTitleTemplate: ListTitle,
};

/** What the page asks of the form from outside. */
export interface FormHandle {
  validateForm(): boolean;
}

interface Props {
  kind: Kind;
  config: JsonObject;
  secrets: Record<string, string>;
  serverErrors: ErrorSchema<Draft>;
  handle: RefObject<FormHandle | null>;
  onChange: (config: JsonObject) => void;
}

const buttons: Record<string, string> = {
  "Add Item": "form.add",
  Add: "form.add",
  Remove: "form.remove",
  "Move up": "form.up",
  "Move down": "form.down",
  Copy: "copy",
};

/** @rjsf looks the field up in form.elements, which the div it is drawn in does not have. */
function focusField({ property = "" }: RJSFValidationError): void {
  const id = [idPrefix, ...property.split(".").filter(Boolean)].join(idSeparator);
  document.getElementById(id)?.focus();
}

/** SchemaForm draws a configuration from its kind's JSON Schema. */
export function SchemaForm({ kind, config, secrets, serverErrors, handle, onChange }: Props) {
  const { t, i18n } = useTranslation("connectors");
  const say = useWording();
  const validator = useMemo(() => createValidator(say), [say]);
  const uiSchema = useMemo(
    () => uiSchemaOf(kind.schema, fieldTexts(kind.name, t, i18n)),
    [kind, t, i18n],
  );
  const formContext = useMemo(() => ({ secrets }), [secrets]);
  const changed: FormProps<Draft, RJSFSchema, FormContext>["onChange"] = ({ formData }) =>
    onChange((formData ?? {}) as JsonObject);
  return (
    <div className={classes["form"]}>
      <Form
        ref={(form) => {
          handle.current = form as FormHandle | null;
        }}
        tagName="div"
        idPrefix={idPrefix}
        idSeparator={idSeparator}
        schema={kind.schema as RJSFSchema}
        uiSchema={uiSchema}
        formData={config}
        formContext={formContext}
        validator={validator}
        extraErrors={serverErrors}
        widgets={widgets}
        templates={templates}
        showErrorList={false}
        liveValidate="onBlur"
        noHtml5Validate
        onError={() => undefined}
        focusOnFirstError={focusField}
        translateString={(text) => (buttons[text] ? t(buttons[text]) : text)}
        onChange={changed}
      />
    </div>
  );
}
