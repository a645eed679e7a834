const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const locales: Record<string, string> = { de: "de-DE", en: "en-GB" };

function localeOf(language: string): string {
  return locales[language] ?? "de-DE";
}

/** absoluteTime: "22.11.2026, 14:05:09" in German, always with seconds. */
export function absoluteTime(at: Date, language: string): string {
  return new Intl.DateTimeFormat(localeOf(language), {
    dateStyle: "medium",
    timeStyle: "medium",
  }).format(at);
}

/** relativeTime: "vor 3 Minuten"; older than a day it gives the date and time instead. */
export function relativeTime(at: Date, now: Date, language: string): string {
  const difference = at.getTime() - now.getTime();
  const size = Math.abs(difference);
  const format = new Intl.RelativeTimeFormat(localeOf(language), { numeric: "auto" });
  if (size < minute) return format.format(Math.round(difference / 1000), "second");
  if (size < hour) return format.format(Math.round(difference / minute), "minute");
  if (size < day) return format.format(Math.round(difference / hour), "hour");
  return new Intl.DateTimeFormat(localeOf(language), {
    dateStyle: "short",
    timeStyle: "short",
  }).format(at);
}

/** refreshAfter is how many ms a relative text stays true. */
export function refreshAfter(at: Date, now: Date): number {
  const size = Math.abs(now.getTime() - at.getTime());
  if (size < minute) return 1_000;
  return size < hour ? 15_000 : minute;
}
