import { ApiError } from "@wardline/uikit/api/problem.ts";
import type { Person } from "../../api/directory.ts";
import type { Entry } from "../../api/staff.ts";

/** What is asked of somebody new; the rest can be added on their page. */
export const asked = [
  "family_name",
  "given_name",
  "title",
  "staff_number",
  "login",
  "mail",
  "phone",
  "mobile",
  "profession",
  "job_title",
  "active_from",
  "active_until",
] as const;

/** nameless is whether nobody could find the person again. */
export function nameless(values: Record<string, string>): boolean {
  return (values["family_name"] ?? "").trim() === "";
}

/** entryOf states what was filled in and leaves the rest unsaid. */
export function entryOf(values: Record<string, string>, units: readonly string[]): Entry {
  const stated = Object.entries(values)
    .map(([field, text]) => [field, text.trim()] as const)
    .filter(([, text]) => text !== "");
  return {
    values: Object.fromEntries(stated),
    ...(units.length > 0 ? { units: units.map((code, at) => ({ code, primary: at === 0 })) } : {}),
  };
}

/** duplicatesIn reads from a refusal who the person may already be. */
export function duplicatesIn(error: Error | null): Person[] | null {
  if (!(error instanceof ApiError) || error.problem.code !== "duplicates") return null;
  const { persons } = error.problem as { persons?: Person[] };
  return persons && persons.length > 0 ? persons : null;
}
