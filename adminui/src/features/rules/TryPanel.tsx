import { Autocomplete, Button, Group, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { priorities } from "@wardline/uikit/theme/priority.ts";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Rule, TrialSignal } from "../../api/alerting.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { Panel } from "../../components/Panel.tsx";
import { useTry, type Choices } from "./calls.ts";
import { TrialResult } from "./TrialResult.tsx";

interface Props {
  rules: readonly Rule[];
  choices: Choices;
  /** The hub tries what is stored; say so while something else is on the screen. */
  unsaved: boolean;
}

const start: TrialSignal = { kind: "nurse-call", priority: 2, ward: "", room: "", bed: "" };

/** TryPanel asks whom a call would reach now, without raising anything. */
export function TryPanel({ rules, choices, unsaved }: Props) {
  const { t } = useTranslation("rules");
  const [signal, setSignal] = useState(start);
  const [connector, setConnector] = useState<string | null>(null);
  const [at, setAt] = useState("");
  const run = useTry();
  const submit = (submitted: FormEvent): void => {
    submitted.preventDefault();
    run.mutate({
      ...signal,
      ...(connector ? { connector } : {}),
      ...(at ? { at: new Date(at).toISOString() } : {}),
    });
  };
  const text = (name: "room" | "bed") => (
    <TextInput
      label={t(`try.${name}`)}
      value={signal[name]}
      onChange={(change) => setSignal({ ...signal, [name]: change.currentTarget.value })}
    />
  );
  return (
    <Panel title={t("try.title")}>
      <Text size="sm" mb="sm">
        {t(unsaved ? "try.stored" : "try.hint")}
      </Text>
      <form onSubmit={submit}>
        <Stack>
          <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="sm">
            <TextInput
              label={t("try.kind")}
              value={signal.kind}
              onChange={(change) => setSignal({ ...signal, kind: change.currentTarget.value })}
            />
            <Select
              label={t("try.priority")}
              value={String(signal.priority)}
              allowDeselect={false}
              data={priorities.map((word, value) => ({ value: String(value), label: t(`priority.${word}`) }))}
              onChange={(value) => setSignal({ ...signal, priority: Number(value) })}
            />
            <Autocomplete
              label={t("try.ward")}
              value={signal.ward}
              data={choices.units}
              onChange={(ward) => setSignal({ ...signal, ward })}
              data-testid="try-ward"
            />
            {text("room")}
            {text("bed")}
            <Select
              label={t("try.connector")}
              value={connector}
              data={choices.connectors}
              clearable
              clearButtonProps={{ "aria-label": t("clear") }}
              placeholder={t("any")}
              onChange={setConnector}
            />
            <TextInput
              type="datetime-local"
              label={t("try.at")}
              value={at}
              onChange={(change) => setAt(change.currentTarget.value)}
            />
          </SimpleGrid>
          <Group>
            <Button type="submit" loading={run.isPending} leftSection={<IconPlayerPlay size={18} aria-hidden="true" />} data-testid="rules-try">
              {t("try.button")}
            </Button>
          </Group>
          <ActionError error={run.error} />
          {run.data && <TrialResult trial={run.data} rules={rules} />}
        </Stack>
      </form>
    </Panel>
  );
}
