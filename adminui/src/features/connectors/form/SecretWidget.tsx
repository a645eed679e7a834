import { Button, Group, PasswordInput, Text } from "@mantine/core";
import { IconKey, IconKeyOff } from "@tabler/icons-react";
import type { RJSFSchema, WidgetProps } from "@rjsf/utils";
import { useTranslation } from "react-i18next";
import type { Draft } from "./draft.ts";
import { pathOfId } from "./fieldPath.ts";

export interface FormContext {
  /** "set" or "not set" by dotted path; the values themselves never come here. */
  secrets: Record<string, string>;
}

type Props = WidgetProps<Draft, RJSFSchema, FormContext>;

/**
 * SecretWidget says whether a secret is stored and takes a new one. No value keeps what
 * is stored, "" clears it: that is what the hub does with the field.
 */
export function SecretWidget({ id, label, value, onChange, options, rawErrors, registry }: Props) {
  const { t } = useTranslation("connectors");
  const stored = registry.formContext.secrets?.[pathOfId(id)] === "set";
  const cleared = value === "" && stored;
  const state = cleared ? "secret.willClear" : stored ? "secret.set" : "secret.notSet";
  const Symbol = stored && !cleared ? IconKey : IconKeyOff;
  return (
    <div>
      <PasswordInput
        id={id}
        label={label}
        description={options.description}
        value={typeof value === "string" ? value : ""}
        onChange={(change) => onChange(change.currentTarget.value || undefined)}
        placeholder={t(stored ? "secret.keep" : "secret.enter")}
        autoComplete="new-password"
        error={rawErrors?.join(" ")}
        visibilityToggleButtonProps={{ "aria-label": t("secret.show") }}
      />
      <Group gap="xs" mt={4} data-testid={`secret-${pathOfId(id)}`} data-stored={stored}>
        <Symbol size={16} aria-hidden="true" />
        <Text size="sm">{t(value ? "secret.willReplace" : state)}</Text>
        {stored && !cleared && (
          <Button size="compact-sm" variant="subtle" onClick={() => onChange("")}>
            {t("secret.clear")}
          </Button>
        )}
        {(cleared || value) && (
          <Button size="compact-sm" variant="subtle" onClick={() => onChange(undefined)}>
            {t("secret.undo")}
          </Button>
        )}
      </Group>
    </div>
  );
}
