/** As many as the hub takes. */
export const most = 5;

export type Wrong = "" | "address" | "known";

/** wrongMail is what is wrong with an address beside the others, as a key of words. */
export function wrongMail(mail: string, others: readonly string[]): Wrong {
  const typed = mail.trim();
  // Only what is plain to see; the hub has the last word.
  if (!/^[^\s@<>]+@[^\s@<>]+$/.test(typed) || typed.length > 254) return "address";
  return others.some((other) => other.toLowerCase() === typed.toLowerCase()) ? "known" : "";
}

/** withMail puts an address in the place of another, or at the end where there was none. */
export function withMail(mails: readonly string[], before: string, after: string): string[] {
  const typed = after.trim();
  return mails.includes(before) ? mails.map((mail) => (mail === before ? typed : mail)) : [...mails, typed];
}
