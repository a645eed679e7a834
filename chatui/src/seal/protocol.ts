import type { Sealed } from "../store/schema.ts";
import type { Bytes } from "./bytes.ts";

/** NewKeys are the halves of a new device's keys; what is private is sealed already. */
export interface NewKeys {
  kemPublic: Bytes;
  kemPrivate: Sealed;
  signPublic: Bytes;
  signPrivate: Sealed;
}

/** SealedItem is what is needed to open one item. */
export interface SealedItem {
  kek: Bytes;
  enc: Bytes;
  row: Bytes;
  body: Bytes;
  /** Epoch ms at which the hub put it into the room. */
  received: number;
}

/** Opened is the plaintext with what its envelope says of it, or why there is none. */
export type Opened =
  | { ok: true; plain: Bytes; kind: number; context: string; expires: number }
  | { ok: false; reason: string };

/** What the page asks of the worker; `user` names the account's store. */
export type SealRequest =
  | { op: "generate"; user: string }
  /** Reads the device record again, after it was stored or replaced. */
  | { op: "load"; user: string }
  | { op: "open"; items: SealedItem[] };

export type SealAnswer =
  | { op: "generate"; keys: NewKeys }
  | { op: "load"; found: boolean }
  | { op: "open"; opened: Opened[] };

export interface Asked {
  no: number;
  request: SealRequest;
}

export type Told = { no: number; answer: SealAnswer } | { no: number; failed: string };
