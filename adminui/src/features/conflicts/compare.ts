import type { Person, PersonDetail } from "../../api/directory.ts";
import { fields } from "../persons/useFieldName.ts";

export interface Compared {
  field: string;
  stated: string;
  /** What is shown of the candidate; "" where nothing is known. */
  known: string;
  verdict: "same" | "different" | "unknown";
}

/** shownValues is what lists show of somebody, by field. */
export function shownValues({ values }: Pick<PersonDetail, "values">): Record<string, string> {
  return Object.fromEntries(values.filter(({ shown }) => shown).map(({ field, text }) => [field, text]));
}

/** rowValues is the little a list says of somebody, until their page has been read. */
export function rowValues({ staff_number: number, title, account }: Person): Record<string, string> {
  return { staff_number: number, title, login: account?.login ?? "" };
}

function alike(a: string, b: string): boolean {
  return a.trim().localeCompare(b.trim(), "de", { sensitivity: "accent" }) === 0;
}

/** compare sets what a newcomer states beside what is known, in the order of fields. */
export function compare(stated: Record<string, string>, known: Record<string, string>): Compared[] {
  const order: readonly string[] = fields;
  const names = Object.keys(stated).filter((field) => stated[field] !== "");
  names.sort((a, b) => (order.indexOf(a) + 1 || 99) - (order.indexOf(b) + 1 || 99));
  return names.map((field) => {
    const one = stated[field] ?? "";
    const other = known[field] ?? "";
    const verdict = other === "" ? "unknown" : alike(one, other) ? "same" : "different";
    return { field, stated: one, known: other, verdict };
  });
}
