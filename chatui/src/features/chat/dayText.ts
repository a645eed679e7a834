const day = 86_400_000;

const midnight = (at: Date): number => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** localeOf: dates as the clinic writes them, in English too. */
export function localeOf(language: string): string {
  return language === "en" ? "en-GB" : "de-DE";
}

/** dayText: "Heute", "Gestern", "Montag" within a week, "24. November" within a year, then with the year. */
export function dayText(at: Date, now: Date, language: string): string {
  const locale = localeOf(language);
  if (Number.isNaN(at.getTime())) return "";
  // Rounded: a day on which the clocks change is not 24 hours long.
  const ago = Math.round((midnight(now) - midnight(at)) / day);
  if (ago === 0 || ago === 1) return upper(new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-ago, "day"));
  if (ago > 1 && ago < 7) return new Intl.DateTimeFormat(locale, { weekday: "long" }).format(at);
  const year = at.getFullYear() === now.getFullYear() ? {} : { year: "numeric" as const };
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", ...year }).format(at);
}

/** clockText: "14:05". */
export function clockText(at: string, language: string): string {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return "";
  return new Intl.DateTimeFormat(localeOf(language), { hour: "2-digit", minute: "2-digit" }).format(moment);
}
