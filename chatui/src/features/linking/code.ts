// Crockford base32 is read and typed by people: O is 0, I and L are 1, and there is no U.
const alike: Readonly<Record<string, string>> = { O: "0", I: "1", L: "1" };

/** typedLinkCode brings what was typed into the form XXXX-XXXX-XXXX; shorter while it is being typed. */
export function typedLinkCode(text: string): string {
  const plain = text
    .toUpperCase()
    .replace(/[OIL]/g, (letter) => alike[letter] ?? letter)
    .replace(/[^0-9A-HJKMNP-TV-Z]/g, "")
    .slice(0, 12);
  return plain.match(/.{1,4}/g)?.join("-") ?? "";
}

export function isLinkCode(text: string): boolean {
  return /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/.test(text);
}

/** typedRecoveryCode brings 32 hex digits into groups of four, however they were typed. */
export function typedRecoveryCode(text: string): string {
  const plain = text.toLowerCase().replace(/[^0-9a-f]/g, "").slice(0, 32);
  return plain.match(/.{1,4}/g)?.join(" ") ?? "";
}

/** groupsOf takes a recovery code apart as it is printed. */
export function groupsOf(code: string): string[] {
  return typedRecoveryCode(code).split(" ").filter(Boolean);
}

export function isRecoveryCode(text: string): boolean {
  return groupsOf(text).join("").length === 32;
}
