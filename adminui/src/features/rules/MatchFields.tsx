import { Checkbox, Group, MultiSelect, Select, SimpleGrid, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { priorities } from "@wardline/uikit/theme/priority.ts";
import { useTranslation } from "react-i18next";
import type { Match } from "../../api/alerting.ts";
import type { Choices } from "./calls.ts";

interface Props {
  match: Match;
  choices: Choices;
  priorityError: string | null;
  onChange: (match: Match) => void;
}

/** MatchFields narrows a rule; a field that is empty narrows nothing. */
export function MatchFields({ match, choices, priorityError, onChange }: Props) {
  const { t } = useTranslation("rules");
  const words = (name: "kinds" | "wards" | "rooms" | "beds", data: string[] = []) => (
    <TagsInput
      label={t(`match.${name}`)}
      value={match[name] ?? []}
      data={data}
      acceptValueOnBlur
      onChange={(value) => onChange({ ...match, [name]: value })}
      data-testid={`match-${name}`}
    />
  );
  const priority = (name: "min_priority" | "max_priority") => (
    <Select
      label={t(`match.${name}`)}
      value={match[name] === undefined ? null : String(match[name])}
      data={priorities.map((word, value) => ({ value: String(value), label: t(`priority.${word}`) }))}
      clearable
      clearButtonProps={{ "aria-label": t("clear") }}
      placeholder={t("any")}
      onChange={(value) => onChange(withPriority(match, name, value))}
      error={name === "max_priority" ? priorityError : null}
    />
  );
  const time = (name: "from" | "to") => (
    <TextInput
      type="time"
      label={t(`match.${name}`)}
      value={match[name] ?? ""}
      onChange={(change) => onChange({ ...match, [name]: change.currentTarget.value })}
    />
  );
  return (
    <Stack gap="sm">
      <Text size="sm">{t("match.hint")}</Text>
      <MultiSelect
        label={t("match.connectors")}
        value={match.connectors ?? []}
        data={choices.connectors}
        searchable
        onChange={(connectors) => onChange({ ...match, connectors })}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
        {words("kinds", ["nurse-call", "technical"])}
        {words("wards", choices.units)}
        {words("rooms")}
        {words("beds")}
        {priority("min_priority")}
        {priority("max_priority")}
        {time("from")}
        {time("to")}
      </SimpleGrid>
      <Checkbox.Group
        label={t("match.weekdays")}
        value={(match.weekdays ?? []).map(String)}
        onChange={(days) => onChange({ ...match, weekdays: days.map(Number).sort() })}
      >
        <Group mt="xs" gap="sm">
          {[1, 2, 3, 4, 5, 6, 7].map((day) => (
            <Checkbox key={day} value={String(day)} label={t(`weekday.${day}`)} />
          ))}
        </Group>
      </Checkbox.Group>
    </Stack>
  );
}

function withPriority(match: Match, name: "min_priority" | "max_priority", value: string | null): Match {
  const { [name]: _, ...others } = match;
  return value === null ? others : { ...others, [name]: Number(value) };
}
