import { Group, NumberInput, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { RulesForm } from "../../api/staff.ts";
import { Panel } from "../../components/Panel.tsx";
import { wrongLimit } from "./order.ts";

interface Props {
  form: RulesForm;
  onChange: (part: Partial<RulesForm>) => void;
}

export const most = { limit_percent: 100, limit_accounts: 100_000 } as const;

/** Brake is when a plan is held for a human. */
export function Brake({ form, onChange }: Props) {
  const { t } = useTranslation("precedence");
  const limit = (name: keyof typeof most) => {
    const wrong = wrongLimit(form[name], most[name]);
    return (
      <NumberInput
        label={t(`brake.${name}`)}
        value={form[name]}
        min={1}
        max={most[name]}
        allowDecimal={false}
        error={wrong && t(`brake.${wrong}`, { most: most[name] })}
        onChange={(value) => onChange({ [name]: value === "" ? Number.NaN : Number(value) })}
        w={{ base: "100%", xs: 260 }}
        data-testid={name}
      />
    );
  };
  return (
    <Panel title={t("brake.title")}>
      <Text size="sm" mb="sm">
        {t("brake.hint")}
      </Text>
      <Group align="flex-start">
        {limit("limit_percent")}
        {limit("limit_accounts")}
      </Group>
    </Panel>
  );
}
