import type { Bytes } from "../seal/bytes.ts";

interface Numbered {
  readonly run: string;
  readonly n: number;
}

/** Payload is what is inside a message (chat.md). */
export type Payload =
  | (Numbered & { readonly kind: "text"; readonly text: string; readonly prio: 0 | 1 | 2 })
  | (Numbered & { readonly kind: "confirm"; readonly ref: string })
  | (Numbered & { readonly kind: "info"; readonly title: string; readonly members: readonly string[] })
  /** A kind or version of a newer client: kept, so that a newer version of this one can show it. */
  | (Numbered & { readonly kind: "unknown"; readonly raw: Bytes });

export const limits = { text: 8_000, title: 120, members: 256 } as const;

/** encodePayload throws RangeError for what exceeds the limits: callers check input before. */
export declare function encodePayload(payload: Exclude<Payload, { kind: "unknown" }>): Bytes;

/** parsePayload throws MlsError format. */
export declare function parsePayload(bytes: Bytes): Payload;

/** newRun makes the random run of a device's numbering; make one when a room's state is new. */
export declare function newRun(): string;
