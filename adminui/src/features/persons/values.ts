import type { PersonValue, Standing } from "../../api/directory.ts";
import type { ConnectorRef } from "../../api/list.ts";
import { fields } from "./useFieldName.ts";

export interface FieldValues {
  field: string;
  /** The one lists show; absent where no source's word counts. */
  shown?: PersonValue;
  /** The shown one first, then the newest. */
  stated: PersonValue[];
}

/** isHand is whether the console's users are the source: it is the one without a name. */
export function isHand({ name, kind }: ConnectorRef): boolean {
  return kind === "hand" || name === "";
}

/** valuesByField gathers what several sources state about one field, in the order of fields. */
export function valuesByField(values: readonly PersonValue[]): FieldValues[] {
  const order: readonly string[] = fields;
  const rank = (field: string): number => (order.includes(field) ? order.indexOf(field) : order.length);
  const names = [...new Set(values.map(({ field }) => field))];
  names.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  return names.map((field) => {
    const stated = values
      .filter((value) => value.field === field)
      .sort((a, b) => Number(b.shown) - Number(a.shown) || b.at.localeCompare(a.at));
    const shown = stated.find((value) => value.shown);
    return { field, stated, ...(shown ? { shown } : {}) };
  });
}

/** handUnits are the codes of units somebody was put on by hand. */
export function handUnits(sources: readonly Standing[]): string[] {
  return sources.find(({ source }) => isHand(source))?.units ?? [];
}
