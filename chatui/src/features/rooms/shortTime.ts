/** shortTime: "14:05" for today, "22.11." before: a list has no room for more. */
export function shortTime(at: Date, now: Date, language: string): string {
  const locale = language === "en" ? "en-GB" : "de-DE";
  const today = at.toDateString() === now.toDateString();
  const how: Intl.DateTimeFormatOptions = today
    ? { hour: "2-digit", minute: "2-digit" }
    : { day: "2-digit", month: "2-digit" };
  return Number.isNaN(at.getTime()) ? "" : new Intl.DateTimeFormat(locale, how).format(at);
}
