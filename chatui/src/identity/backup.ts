import type { Bytes } from "../seal/bytes.ts";

export const chunkLimit = 256 * 1024;

/** newRecoveryCode gives the text to print: 7 groups of 4 (Crockford base32, 128 bits and a checksum). */
export declare function newRecoveryCode(): Promise<string>;

/** readRecoveryCode takes what was typed (any case, spaces, o for 0, i and l for 1); null: mistyped. */
export declare function readRecoveryCode(typed: string): Promise<Bytes | null>;

/** Backup seals and opens chunks under a recovery code's key. */
export interface Backup {
  /** seal throws RangeError above what fits 256 KiB. */
  seal(n: number, plain: Bytes): Promise<Bytes>;
  /** open gives null for a wrong code or a changed chunk. */
  open(n: number, body: Bytes): Promise<Bytes | null>;
}

/** openBackup: `code` is the 16 bytes of readRecoveryCode. */
export declare function openBackup(code: Bytes, user: string): Promise<Backup>;
