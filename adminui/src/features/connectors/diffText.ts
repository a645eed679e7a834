import type { Difference, Json } from "../../api/systems.ts";
import { isObject } from "./form/schema.ts";

/** valueText writes a value as an administrator reads it; null means "was not there". */
export function valueText(value: Json | undefined, words: { none: string; yes: string; no: string }): string {
  if (value === null || value === undefined || value === "") return words.none;
  if (typeof value === "boolean") return value ? words.yes : words.no;
  if (typeof value === "string") return value;
  return JSON.stringify(value);
}

/** fieldPath leaves the index out: the label of "peers[0].port" is that of "peers.port". */
export function fieldPath(path: string): { field: string; index: string } {
  const index = /\[(\d+)\]/.exec(path)?.[1];
  return {
    field: path.replaceAll(/\[\d+\]/g, ""),
    index: index === undefined ? "" : String(Number(index) + 1),
  };
}

/** differences compares two configurations, for the question before going back. */
export function differences(from: Json, to: Json, path = ""): Difference[] {
  if (isObject(from) && isObject(to)) {
    const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
    return names.flatMap((name) =>
      differences(from[name] ?? null, to[name] ?? null, path ? `${path}.${name}` : name),
    );
  }
  return JSON.stringify(from) === JSON.stringify(to) ? [] : [{ path, from, to }];
}
