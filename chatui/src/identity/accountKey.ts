import type { Bytes } from "../seal/bytes.ts";
import { publicOf } from "./ed25519.ts";

/** AccountKey certifies the devices of one person (Ed25519). */
export interface AccountKey {
  readonly publicKey: Bytes;
  /** 32 bytes: secret. It travels in `handover` mail and in chunk 0 of the backup only. */
  readonly seed: Bytes;
}

export function newAccountKey(): Promise<AccountKey> {
  return accountKeyFrom(crypto.getRandomValues(new Uint8Array(32)));
}

/** accountKeyFrom throws RangeError for anything but 32 bytes. */
export async function accountKeyFrom(seed: Bytes): Promise<AccountKey> {
  if (seed.length !== 32) throw new RangeError("an account key's seed has 32 bytes");
  return { publicKey: await publicOf(seed), seed: seed.slice() };
}
