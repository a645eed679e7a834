import { Text } from "@mantine/core";
import { ErrorState } from "@wardline/uikit/components/ErrorState.tsx";
import { PagePending } from "@wardline/uikit/components/PagePending.tsx";
import { useTranslation } from "react-i18next";
import type { Person } from "../../chat/model.ts";
import classes from "./People.module.css";
import { PersonRow } from "./PersonRow.tsx";
import type { People } from "./usePeople.ts";

interface Props {
  found: People;
  label: string;
  /** Ids that are chosen; without it a tap opens. */
  chosen?: ReadonlySet<string>;
  busy?: boolean;
  barred?: (person: Person) => string | undefined;
  onPick: (person: Person) => void;
}

export function PeopleList({ found, label, chosen, busy = false, barred, onPick }: Props) {
  const { t } = useTranslation("people");
  const { people, error, again } = found;
  if (!people) return error ? <ErrorState error={error} onRetry={again} /> : <PagePending />;
  if (people.length === 0) {
    return (
      <Text c="dimmed" ta="center" p="lg" role="status">
        {t("nobody")}
      </Text>
    );
  }
  return (
    <ul className={classes["list"]} aria-label={label}>
      {people.map((person) => (
        <li key={person.id}>
          <PersonRow
            person={person}
            busy={busy}
            barred={barred?.(person)}
            {...(chosen ? { chosen: chosen.has(person.id) } : {})}
            onPick={() => onPick(person)}
          />
        </li>
      ))}
    </ul>
  );
}
