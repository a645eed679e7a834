// Crockford base32 is read and typed by people: O is 0, I and L are 1, and there is no U.
const alike: Readonly<Record<string, string>> = { O: "0", I: "1", L: "1" };

/** typed brings what was typed into groups of four with dashes; shorter while it is being typed. */
function typed(text: string, letters: number): string {
  const plain = text
    .toUpperCase()
    .replace(/[OIL]/g, (letter) => alike[letter] ?? letter)
    .replace(/[^0-9A-HJKMNP-TV-Z]/g, "")
    .slice(0, letters);
  return plain.match(/.{1,4}/g)?.join("-") ?? "";
}

const linkLetters = 12;
const recoveryLetters = 28;

const isWhole = (text: string, letters: number): boolean => typed(text, letters).replaceAll("-", "").length === letters;

export const typedLinkCode = (text: string): string => typed(text, linkLetters);
export const isLinkCode = (text: string): boolean => isWhole(text, linkLetters);

export const typedRecoveryCode = (text: string): string => typed(text, recoveryLetters);
export const isRecoveryCode = (text: string): boolean => isWhole(text, recoveryLetters);

/** groupsOf takes a recovery code apart as it is printed: seven groups of four. */
export function groupsOf(code: string): string[] {
  return typedRecoveryCode(code).split("-").filter(Boolean);
}
