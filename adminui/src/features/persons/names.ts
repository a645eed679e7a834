import type { Person } from "../../api/directory.ts";

type Named = Pick<Person, "name" | "family_name" | "given_name">;

/**
 * listName is how lists show somebody: "Müller, Käthe", as German hospitals expect, and
 * "Käthe Müller" only where the list is in the order of given names.
 */
export function listName({ name, family_name: family, given_name: given }: Named, sortedBy = "family_name"): string {
  return family && sortedBy !== "given_name" ? [family, given].filter(Boolean).join(", ") : name;
}

/** initials stand where there is no photo. */
export function initials({ name, family_name: family, given_name: given }: Named): string {
  const words = family || given ? [given, family] : name.split(/\s+/);
  return [words.at(0), words.length > 1 ? words.at(-1) : ""]
    .map((word) => [...(word ?? "")][0] ?? "")
    .join("")
    .toUpperCase();
}
