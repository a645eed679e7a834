import { CloseButton, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Person } from "../../chat/model.ts";
import classes from "./People.module.css";

/** Chosen are the people selected so far, each with a button to take them out again. */
export function Chosen({ people, onRemove }: { people: readonly Person[]; onRemove: (person: Person) => void }) {
  const { t } = useTranslation("people");
  if (people.length === 0) return null;
  return (
    <ul className={classes["chips"]} aria-label={t("chosen")}>
      {people.map((person) => (
        <li key={person.id} className={classes["chip"]}>
          <Text component="span" size="sm" truncate>
            {person.name}
          </Text>
          <CloseButton size={44} iconSize={18} radius="xl" aria-label={t("takeOut", { name: person.name })} onClick={() => onRemove(person)} />
        </li>
      ))}
    </ul>
  );
}
