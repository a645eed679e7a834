import { Button, Group, NumberInput, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { hoursOf, longestLabel, mostHours, usualHours } from "./deviceCode.ts";

interface Props {
  pending: boolean;
  /** `made` is to be called once there is a code. */
  onMake: (wanted: { label: string; hours: number }, made: () => void) => void;
}

/** DeviceCodeForm asks for which device a code is and how long it works. */
export function DeviceCodeForm({ pending, onMake }: Props) {
  const { t } = useTranslation("access");
  const [label, setLabel] = useState("");
  const [missing, setMissing] = useState(false);
  const [typed, setTyped] = useState<number | string>(usualHours);
  const hours = hoursOf(typed);
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    const named = label.trim();
    setMissing(named === "");
    if (hours !== null && named !== "") onMake({ label: named, hours }, () => setLabel(""));
  };
  return (
    <Group component="form" align="flex-end" onSubmit={submit}>
      <TextInput
        label={t("codes.label")}
        description={t("codes.labelHelp")}
        maxLength={longestLabel}
        error={missing && t("codes.labelMissing")}
        required
        withAsterisk={false}
        w={{ base: "100%", sm: 300 }}
        value={label}
        onChange={(change) => {
          setMissing(false);
          setLabel(change.currentTarget.value);
        }}
        data-testid="device-code-label"
      />
      <NumberInput
        label={t("codes.hours")}
        description={t("codes.hoursHelp", { most: mostHours })}
        error={hours === null && t("codes.hoursRange", { most: mostHours })}
        min={1}
        max={mostHours}
        clampBehavior="none"
        allowDecimal={false}
        w={160}
        value={typed}
        onChange={setTyped}
        data-testid="device-code-hours"
      />
      <Button type="submit" loading={pending} data-testid="device-code-make">
        {t("codes.make")}
      </Button>
    </Group>
  );
}
