import type { Bytes } from "../seal/bytes.ts";

export type MailKind = "handover" | "claim" | "history" | "ask" | "give";

export interface Letter {
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  /** ISO time, the sender's. */
  readonly at: string;
  readonly body: unknown;
}

export const mailLimit = 384 * 1024;

export class MailError extends Error {
  readonly fault: "format" | "sealed" | "signature" | "sender" | "too_large";
  constructor(fault: MailError["fault"]) {
    super(`mail refused: ${fault}`);
    this.name = "MailError";
    this.fault = fault;
  }
}

/** sealLetter throws MailError too_large when it would exceed 384 KiB. */
export declare function sealLetter(letter: Letter & { kind: MailKind }, signPrivate: Bytes, toKem: Bytes): Promise<Bytes>;

/**
 * openLetter: `from` is the device the hub names, `sign` gives that device's signature key (from the
 * verified log, or for a claim the key the hub has of the pending device).
 */
export declare function openLetter(
  bytes: Bytes,
  me: { device: string; kemPrivate: Bytes },
  from: { device: string; sign: Bytes },
): Promise<Letter>;
