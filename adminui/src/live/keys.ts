/** What the hub says has changed, and which queries show it; all keys start with one of them. */
const shows: Record<string, readonly string[]> = {
  alerts: ["alerts", "overview"],
  connectors: ["connectors", "overview"],
  messages: ["messages", "connectors", "overview"],
  plans: ["plans", "overview"],
  runs: ["runs", "plans", "overview"],
  conflicts: ["conflicts", "overview"],
  groups: ["groups", "followings", "units"],
  persons: ["persons", "units", "groups", "overview"],
  setup: ["contacts"],
  duty: ["units", "persons", "shifts", "overview"],
};

/** staleKeys gives the first parts of the query keys that have to be read again. */
export function staleKeys(what: readonly string[]): string[] {
  return [...new Set(what.flatMap((word) => shows[word] ?? []))];
}

export const allChanges = Object.keys(shows);

/** changesIn reads one frame of the console's socket; anything unknown changes nothing. */
export function changesIn(frame: unknown): string[] {
  if (typeof frame !== "string") return [];
  try {
    const read = JSON.parse(frame) as { t?: unknown; what?: unknown };
    if (read.t !== "changed" || !Array.isArray(read.what)) return [];
    return read.what.filter((word): word is string => typeof word === "string");
  } catch {
    return [];
  }
}
