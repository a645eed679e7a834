import type { Bytes } from "../seal/bytes.ts";

export interface Party {
  readonly user: string;
  /** Account key, 32 bytes. */
  readonly account: Bytes;
}

/** safetyNumber gives 12 groups of 5 digits, separated by spaces; the same on both sides. */
export declare function safetyNumber(one: Party, other: Party): Promise<string>;
export declare function safetyQr(mine: Party, other: Party): Promise<string>;
/** checkSafetyQr tells whether the QR of the other person's screen says the same. */
export declare function checkSafetyQr(text: string, mine: Party, other: Party): Promise<boolean>;
