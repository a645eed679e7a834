const day = 86_400_000;
const longest = 92;

/** dayText is a day as date fields write it, of the reader's own time zone. */
export function dayText(at: Date): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** coming is today and the two weeks after it. */
export function coming(now: Date): { from: string; until: string } {
  return { from: dayText(now), until: dayText(new Date(now.getTime() + 14 * day)) };
}

/** windowOf is the time from the beginning of one day to the end of another; null if there is none. */
export function windowOf(from: string, until: string): { from: string; until: string } | null {
  const first = new Date(`${from}T00:00`);
  const last = new Date(`${until}T00:00`);
  // The clock's own change of the hour must not cut the last day.
  last.setDate(last.getDate() + 1);
  const length = last.getTime() - first.getTime();
  if (Number.isNaN(length) || length <= 0 || length > longest * day) return null;
  return { from: first.toISOString(), until: last.toISOString() };
}
