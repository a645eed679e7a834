import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { Bytes } from "../seal/bytes.ts";

/** Sealed is AES-256-GCM under the account's vault key; iv is never used twice. */
export interface Sealed {
  iv: Bytes;
  data: Bytes;
}

/** DeviceRecord is who this browser is to the hub. Private keys are sealed. */
export interface DeviceRecord {
  id: string;
  name: string;
  kemPublic: Bytes;
  kemPrivate: Sealed;
  signPublic: Bytes;
  signPrivate: Sealed;
  /** The hub's verification keys by key id, both base64; pinned when the device registered. */
  hubKeys: Record<string, string>;
}

export interface CardRecord {
  alert: string;
  room: string;
  seq: number;
  version: number;
  late: boolean;
  sealed: Sealed;
}

/** BrokenRecord is an item that could not be opened. It is shown and it rings. */
export interface BrokenRecord {
  room: string;
  seq: number;
  alert: string;
  at: string;
  reason: string;
  /** The user has noticed it; it stays on screen, without sound. */
  quiet: boolean;
}

export type Act = "accept" | "reject" | "busy" | "hand_back" | "arrive";

/** ActRecord is an answer the hub has not confirmed yet. One per alert: the last one counts. */
export interface ActRecord {
  alert: string;
  act: Act;
  /** Epoch ms at which the user pressed. */
  at: number;
  /** It was not sent in time: the user has to decide again. */
  stale: boolean;
}

interface Schema extends DBSchema {
  keys: { key: string; value: CryptoKey };
  device: { key: string; value: DeviceRecord };
  cards: { key: string; value: CardRecord };
  broken: { key: [string, number]; value: BrokenRecord };
  cursors: { key: string; value: number };
  acts: { key: string; value: ActRecord };
  settings: { key: string; value: unknown };
}

export type Database = IDBPDatabase<Schema>;

const databaseName = (user: string): string => `wardline-${user}`;

/** openDatabase opens the store of one account; two people at one browser share nothing. */
export function openDatabase(user: string): Promise<Database> {
  return openDB<Schema>(databaseName(user), 1, {
    upgrade(database) {
      database.createObjectStore("keys");
      database.createObjectStore("device");
      database.createObjectStore("cards", { keyPath: "alert" });
      database.createObjectStore("broken", { keyPath: ["room", "seq"] });
      database.createObjectStore("cursors");
      database.createObjectStore("acts", { keyPath: "alert" });
      database.createObjectStore("settings");
    },
    // Another tab deletes the store (sign out and forget): do not stand in its way.
    blocking: (_now, _wanted, event) => (event.target as IDBDatabase).close(),
  });
}

/** forgetDatabase removes everything an account has left in this browser, its device keys too. */
export function forgetDatabase(user: string): Promise<void> {
  return deleteDB(databaseName(user));
}
