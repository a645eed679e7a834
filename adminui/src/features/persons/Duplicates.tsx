import { Button, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Person } from "../../api/directory.ts";
import { Panel } from "../../components/Panel.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { accountState, fullName } from "./accountState.ts";
import { useFieldName } from "./useFieldName.ts";

interface Props {
  entered: Record<string, string>;
  persons: Person[];
  pending: boolean;
  onBack: () => void;
  onAnyway: () => void;
}

function Line({ name, text, same = false }: { name: string; text: string; same?: boolean }) {
  const { t } = useTranslation("persons");
  return (
    <Text size="sm">
      <Text span c="dimmed">
        {name}:{" "}
      </Text>
      {text || "–"}
      {same && text && (
        <Text span fw={600}>
          {" "}
          ({t("new.same")})
        </Text>
      )}
    </Text>
  );
}

function Known({ person, entered }: { person: Person; entered: Record<string, string> }) {
  const { t } = useTranslation("persons");
  const { fieldName } = useFieldName();
  return (
    <Panel title={fullName(person)}>
      <Line
        name={fieldName("staff_number")}
        text={person.staff_number}
        same={person.staff_number === entered["staff_number"]?.trim()}
      />
      <Line name={fieldName("login")} text={person.account?.login ?? ""} same={person.account?.login === entered["login"]?.trim()} />
      <Line name={t("units")} text={person.units.map(({ name, code }) => name || code).join(", ")} />
      <Line name={t("account.title")} text={t(accountState(person.account).key)} />
      <Text size="sm" mt="xs">
        <LinkTo to="/persons/$id" params={{ id: person.id }}>
          {t("new.open")}
        </LinkTo>
      </Text>
    </Panel>
  );
}

/** Duplicates shows who is entered beside those it may be. */
export function Duplicates({ entered, persons, pending, onBack, onAnyway }: Props) {
  const { t } = useTranslation("persons");
  const { fieldName } = useFieldName();
  return (
    <Stack data-testid="duplicates">
      <Text fw={600} role="alert">
        {t("new.isIt", { count: persons.length })}
      </Text>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Panel title={t("new.entered")}>
          {Object.entries(entered).map(([field, text]) => (
            text.trim() !== "" && <Line key={field} name={fieldName(field)} text={text} />
          ))}
        </Panel>
        <Stack gap="sm">
          {persons.map((person) => (
            <Known key={person.id} person={person} entered={entered} />
          ))}
        </Stack>
      </SimpleGrid>
      <Group justify="flex-end">
        <Button variant="default" onClick={onBack}>
          {t("new.back")}
        </Button>
        <Button loading={pending} onClick={onAnyway} data-testid="new-anyway">
          {t("new.anyway")}
        </Button>
      </Group>
    </Stack>
  );
}
