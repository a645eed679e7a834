import type { Bytes } from "../seal/bytes.ts";

/** AccountKey certifies the devices of one person (Ed25519). */
export interface AccountKey {
  readonly publicKey: Bytes;
  /** 32 bytes: secret. It travels in `handover` mail and in chunk 0 of the backup only. */
  readonly seed: Bytes;
}

export declare function newAccountKey(): Promise<AccountKey>;
export declare function accountKeyFrom(seed: Bytes): Promise<AccountKey>;
