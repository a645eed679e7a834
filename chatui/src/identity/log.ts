import type { Bytes } from "../seal/bytes.ts";
import type { Certificate } from "../mls/leaf.ts";
import type { AccountKey } from "./accountKey.ts";

export type Act = "account" | "device" | "revoke" | "reset";

/** LogItem is one item of GET /users/{id}/log and the body of POST /log. */
export interface LogItem {
  readonly n: number;
  /** Bytes of the JSON object, as signed. */
  readonly body: Bytes;
  readonly sig: Bytes;
}

export interface LogDevice {
  /** base64 */
  readonly sign: string;
  /** base64 of the SHA-256 of kem_public. */
  readonly kem: string;
  readonly revoked: boolean;
}

/** LogState is what is remembered of a person's log. Plain JSON; immutable. */
export interface LogState {
  readonly clinic: string;
  readonly user: string;
  /** Number and hash (hex) of the newest entry. */
  readonly n: number;
  readonly head: string;
  /** base64 of the account key now. */
  readonly account: string;
  readonly devices: { readonly [device: string]: LogDevice };
  /** How often the account key was replaced. */
  readonly resets: number;
}

export type LogVerdict =
  /** `changed`: the account key is another than the one known before. */
  | { readonly ok: true; readonly state: LogState; readonly changed: boolean }
  | { readonly ok: false; readonly fault: "fork" | "rollback" | "bad" };

/** NewDevice is a device to be certified. */
export interface NewDevice {
  readonly device: string;
  readonly sign: Bytes;
  readonly kem: Bytes;
}

/**
 * verifyLog checks items and continues what is known (null: nothing yet, the items start at 1). Ask the hub with
 * logAfter(known), so that the newest known entry is among the items: only so a rollback is seen.
 */
export declare function verifyLog(
  known: LogState | null,
  items: readonly LogItem[],
  whose: { clinic: string; user: string },
): Promise<LogVerdict>;

/** logAfter is the `after` to ask with. */
export declare function logAfter(known: LogState | null): number;

/** certificate of a device, or null when the log never named it. */
export declare function certificate(state: LogState, device: string): Certificate | null;

/** startLog makes entry 1: account key and first device. */
export declare function startLog(whose: { clinic: string; user: string }, key: AccountKey, device: NewDevice, at: Date): Promise<LogItem>;
export declare function addDevice(state: LogState, key: AccountKey, device: NewDevice, at: Date): Promise<LogItem>;
export declare function revokeDevice(state: LogState, key: AccountKey, device: string, at: Date): Promise<LogItem>;
/** resetLog puts a new account key in place of the old one; everybody is warned. */
export declare function resetLog(state: LogState, key: AccountKey, device: NewDevice, at: Date): Promise<LogItem>;
