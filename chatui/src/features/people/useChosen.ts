import { useState } from "react";
import type { Person } from "../../chat/model.ts";

export interface Chosen {
  readonly people: readonly Person[];
  readonly ids: ReadonlySet<string>;
  toggle(person: Person): void;
}

export function useChosen(): Chosen {
  const [people, setPeople] = useState<readonly Person[]>([]);
  const toggle = (person: Person): void =>
    setPeople((before) => {
      const without = before.filter(({ id }) => id !== person.id);
      return without.length < before.length ? without : [...before, person];
    });
  return { people, ids: new Set(people.map(({ id }) => id)), toggle };
}
