import { useMemo, useState } from "react";
import type { Selection } from "../../components/DataTable.tsx";
import type { Bulk, PersonQuery } from "../../api/staff.ts";

/** Either people by name, or all that a filter finds, whether they have been read or not. */
export interface Chosen {
  ids: ReadonlySet<string>;
  /** All that the filter finds. */
  all: boolean;
}

export const nobody: Chosen = { ids: new Set(), all: false };

/** toggled adds somebody or takes them out; out of all, those on the screen stay chosen. */
export function toggled(chosen: Chosen, id: string, onScreen: readonly string[]): Chosen {
  const ids = new Set(chosen.all ? onScreen : chosen.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, all: false };
}

/** toggledAll chooses everybody on the screen, or nobody if they all are. */
export function toggledAll(chosen: Chosen, onScreen: readonly string[]): Chosen {
  const every = chosen.all || onScreen.every((id) => chosen.ids.has(id));
  return every ? nobody : { ids: new Set(onScreen), all: false };
}

/** whom is the part of a bulk that says whom it is about. */
export function whom(chosen: Chosen, filter: PersonQuery): Pick<Bulk, "persons" | "filter"> {
  return chosen.all ? { filter } : { persons: [...chosen.ids] };
}

export interface ChosenState {
  chosen: Chosen;
  choose: (next: Chosen) => void;
  selection: (rows: readonly { id: string; name: string }[]) => Selection;
}

/** useChosen forgets the choice when another filter finds other people. */
export function useChosen(filterKey: string): ChosenState {
  const [kept, setKept] = useState({ filterKey, chosen: nobody });
  const chosen = kept.filterKey === filterKey ? kept.chosen : nobody;
  return useMemo(() => {
    const choose = (next: Chosen): void => setKept({ filterKey, chosen: next });
    return {
      chosen,
      choose,
      selection: (rows) => {
        const onScreen = rows.map(({ id }) => id);
        const names = new Map(rows.map(({ id, name }) => [id, name]));
        return {
          has: (id) => chosen.all || chosen.ids.has(id),
          toggle: (id) => choose(toggled(chosen, id, onScreen)),
          toggleAll: (ids) => choose(toggledAll(chosen, ids)),
          nameOf: (id) => names.get(id) ?? id,
        };
      },
    };
  }, [chosen, filterKey]);
}
