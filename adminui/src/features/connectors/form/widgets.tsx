import { Checkbox, TagsInput, Text, Title } from "@mantine/core";
import type {
  ArrayFieldTitleProps,
  DescriptionFieldProps,
  FieldTemplateProps,
  RJSFSchema,
  TitleFieldProps,
  WidgetProps,
} from "@rjsf/utils";
import { useTranslation } from "react-i18next";
import type { Draft } from "./draft.ts";
import { pathOfId } from "./fieldPath.ts";
import type { FormContext } from "./SecretWidget.tsx";

type Props = WidgetProps<Draft, RJSFSchema, FormContext>;

/** WordsWidget is a list of plain words: each Enter or comma adds one. */
export function WordsWidget({ id, label, value, onChange, options, rawErrors, required }: Props) {
  const { t } = useTranslation("connectors");
  const words = Array.isArray(value) ? value.map(String) : [];
  return (
    <TagsInput
      id={id}
      label={label}
      description={options.description}
      value={words}
      onChange={onChange}
      required={required ?? false}
      placeholder={words.length === 0 ? t("form.words") : ""}
      splitChars={[",", ";", " "]}
      acceptValueOnBlur
      error={rawErrors?.join(" ")}
    />
  );
}

/** YesNoWidget keeps the help below the words it is about. */
export function YesNoWidget({ id, label, value, onChange, options, rawErrors }: Props) {
  return (
    <Checkbox
      id={id}
      label={label}
      description={options.description}
      checked={value === true}
      onChange={(change) => onChange(change.currentTarget.checked)}
      error={rawErrors?.join(" ")}
      my="xs"
    />
  );
}

/** FieldFrame marks each field by its name, for tests; the widgets show errors and help. */
export function FieldFrame({ id, hidden, children }: FieldTemplateProps<Draft, RJSFSchema, FormContext>) {
  const path = pathOfId(id);
  return (
    <div hidden={hidden ?? false} data-testid={path ? `field-${path}` : "fields"} data-field={path}>
      {children}
    </div>
  );
}

export function GroupTitle({ id, title }: TitleFieldProps<Draft, RJSFSchema, FormContext>) {
  return (
    <Title order={3} size="h5" id={id} mt="xs" mb={4}>
      {title}
    </Title>
  );
}

/** ListTitle is inside a legend, which is no place for a heading. */
export function ListTitle({ title }: ArrayFieldTitleProps<Draft, RJSFSchema, FormContext>) {
  return (
    <Text component="span" size="sm" fw={600}>
      {title}
    </Text>
  );
}

export function Help({ id, description }: DescriptionFieldProps<Draft, RJSFSchema, FormContext>) {
  if (typeof description === "string" && description.trim() === "") return null;
  return (
    <Text id={id} size="xs" c="dimmed" mb="xs">
      {description}
    </Text>
  );
}
