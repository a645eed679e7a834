import { concat, utf8, type Bytes } from "../seal/bytes.ts";

export interface Party {
  readonly user: string;
  /** Account key, 32 bytes. */
  readonly account: Bytes;
}

const label = "wardline safety number v1\0";
const prefix = "wardline:safety:1:";
const groups = 12;
const groupBytes = 5;

/** safetyNumber gives 12 groups of 5 digits, separated by spaces; the same on both sides. */
export async function safetyNumber(one: Party, other: Party): Promise<string> {
  const pairs = sorted(one, other).map(({ user, account }) => concat(utf8(user), account));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-512", concat(utf8(label), ...pairs)));
  return Array.from({ length: groups }, (_, i) => digits(hash.subarray(i * groupBytes, (i + 1) * groupBytes))).join(" ");
}

function sorted(one: Party, other: Party): Party[] {
  return one.user < other.user ? [one, other] : [other, one];
}

function digits(bytes: Uint8Array): string {
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return String(value % 100_000).padStart(5, "0");
}

/** safetyQr is what one of the two shows: both user ids, sorted, and the digits. */
export async function safetyQr(mine: Party, other: Party): Promise<string> {
  const [first, second] = sorted(mine, other).map(({ user }) => user);
  return `${prefix}${first}:${second}:${(await safetyNumber(mine, other)).replaceAll(" ", "")}`;
}

/** checkSafetyQr tells whether the other person's screen says the same. */
export async function checkSafetyQr(text: string, mine: Party, other: Party): Promise<boolean> {
  return text.trim() === (await safetyQr(mine, other));
}
