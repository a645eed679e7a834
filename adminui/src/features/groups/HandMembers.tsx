import { ActionIcon, Button, Group, List, Select, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActionError } from "../../components/ActionError.tsx";
import { Panel } from "../../components/Panel.tsx";
import { useFound } from "../persons/calls.ts";
import { useAllMembers, type Member } from "./useAllMembers.ts";

interface Props {
  /** "" for a new group. */
  group: string;
  /** Absent: as stored, nobody has touched them. */
  members: string[] | undefined;
  onChange: (members: string[]) => void;
}

interface PickProps {
  chosen: readonly string[];
  onPick: (member: Member) => void;
}

function PersonPick({ chosen, onPick }: PickProps) {
  const { t } = useTranslation("groups");
  const [q, setQ] = useState("");
  const [asked] = useDebouncedValue(q, 300);
  const found = (useFound(asked).data?.items ?? []).filter(({ id }) => !chosen.includes(id));
  return (
    <Select
      label={t("hand.add")}
      placeholder={t("hand.search")}
      searchable
      // The hub has searched; what it found is what there is.
      filter={({ options }) => options}
      searchValue={q}
      onSearchChange={setQ}
      nothingFoundMessage={t("hand.nobody")}
      data={found.map(({ id, name, staff_number: number }) => ({ value: id, label: number ? `${name} (${number})` : name }))}
      value={null}
      onChange={(id) => {
        const picked = found.find((person) => person.id === id);
        if (picked) onPick(picked);
        setQ("");
      }}
      maw={480}
      data-testid="member-pick"
    />
  );
}

interface EditorProps extends Omit<Props, "group"> {
  stored: Member[];
}

function Editor({ stored, members, onChange }: EditorProps) {
  const { t } = useTranslation("groups");
  const [names, setNames] = useState(() => new Map(stored.map(({ id, name }) => [id, name])));
  const chosen = members ?? stored.map(({ id }) => id);
  return (
    <Stack gap="sm">
      <PersonPick
        chosen={chosen}
        onPick={({ id, name }) => {
          setNames(new Map(names).set(id, name));
          onChange([...chosen, id]);
        }}
      />
      {chosen.length === 0 && <Text size="sm">{t("hand.none")}</Text>}
      <List size="sm" listStyleType="none">
        {chosen.map((id) => (
          <List.Item key={id} data-testid="member">
            <Group gap="xs">
              <ActionIcon
                size={28}
                aria-label={t("hand.remove", { name: names.get(id) ?? "" })}
                onClick={() => onChange(chosen.filter((other) => other !== id))}
              >
                <IconX size={16} />
              </ActionIcon>
              {names.get(id)}
            </Group>
          </List.Item>
        ))}
      </List>
    </Stack>
  );
}

/** HandMembers chooses the members of a group by hand, by searching for them. */
export function HandMembers({ group, members, onChange }: Props) {
  const { t } = useTranslation("groups");
  const stored = useAllMembers(group);
  return (
    <Panel title={t("hand.title")}>
      {stored.data ? (
        <Editor stored={stored.data} members={members} onChange={onChange} />
      ) : (
        <>
          <ActionError error={stored.error} />
          {stored.isError ? (
            <Button variant="default" onClick={() => void stored.refetch()}>
              {t("retry")}
            </Button>
          ) : (
            <Text size="sm">{t("loading")}</Text>
          )}
        </>
      )}
    </Panel>
  );
}
