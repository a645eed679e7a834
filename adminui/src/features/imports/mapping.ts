import type { Import, ImportKey, Mapped } from "../../api/runs.ts";
import { fields } from "../persons/useFieldName.ts";

/** What a column may mean beside a field of a person. */
export const extraFields = ["unit", "group", "active", "locked", "key"] as const;

export const columnFields: readonly string[] = [...fields, ...extraFields];

/** Several columns may be units or groups; everything else has one. */
const several = new Set(["unit", "group"]);

export const keys: readonly ImportKey[] = ["staff_number", "login", "key"];

/** startMapping is a line for each column that has a name: what was suggested, or nothing. */
export function startMapping({ header, suggested }: Pick<Import, "header" | "suggested">): Mapped[] {
  const known = new Map(suggested.map((column) => [column.header, column.field]));
  return header.filter((name) => name !== "").map((name) => ({ header: name, field: known.get(name) ?? "" }));
}

export interface MappingFault {
  code: "twice" | "no_key" | "nothing";
  /** The field it is about. */
  field: string;
}

/** mappingFaults is why a file cannot be read with a mapping. */
export function mappingFaults(mapping: readonly Mapped[], key: ImportKey): MappingFault[] {
  const taken = mapping.map(({ field }) => field).filter((field) => field !== "");
  if (taken.length === 0) return [{ code: "nothing", field: "" }];
  const twice = [...new Set(taken.filter((field, at) => taken.indexOf(field) !== at && !several.has(field)))];
  const faults: MappingFault[] = twice.map((field) => ({ code: "twice", field }));
  if (!taken.includes(key)) faults.push({ code: "no_key", field: key });
  return faults;
}

/** samplesOf are the first different values of a column, so that one sees what is in it. */
export function samplesOf({ header, sample }: Pick<Import, "header" | "sample">, name: string): string[] {
  const at = header.indexOf(name);
  const values = sample.map((row) => row[at] ?? "").filter((value) => value !== "");
  return [...new Set(values)].slice(0, 3);
}
