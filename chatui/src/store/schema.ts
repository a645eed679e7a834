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
  /** Nobody has let this browser in yet: it is no device. */
  waiting?: true;
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
  /** What the list knows of a conversation; by room. */
  conversations: { key: string; value: Sealed };
  /** MLS state with what guards it; by room. */
  groups: { key: string; value: Sealed };
  messages: {
    key: [string, number];
    value: MessageRecord;
    indexes: {
      id: [string, string];
      ref: [string, string];
      unread: [string, number, number];
      open: [string, number, number];
      broken: [number, string, number];
    };
  };
  outbox: { key: number; value: OutboxRecord };
  logs: { key: string; value: Sealed };
  packages: { key: string; value: PackageRecord };
  drafts: { key: string; value: Sealed };
  /** Letters that were taken in, by id; the value is when. */
  mails: { key: string; value: number };
}

/** MessageRecord is one item of a conversation. What stands beside `sealed` is only what is looked up by. */
export interface MessageRecord {
  room: string;
  seq: number;
  id: string;
  /** The urgent message that is confirmed. */
  ref?: string;
  /** Counts as unread while it is beyond what was read. */
  unread?: 1;
  /** Urgent and not confirmed by this account. */
  open?: 1;
  /** Could not be decrypted. */
  broken?: 1;
  sealed: Sealed;
}

export interface OutboxRecord {
  /** Set by the store: the order of sending. */
  order?: number;
  room: string;
  id: string;
  sealed: Sealed;
}

export interface PackageRecord {
  ref: string;
  lastResort: boolean;
  notAfter: number;
  sealed: Sealed;
}

export type Database = IDBPDatabase<Schema>;

const databaseName = (user: string): string => `wardline-${user}`;

/** openDatabase opens the store of one account; two people at one browser share nothing. */
export function openDatabase(user: string): Promise<Database> {
  return openDB<Schema>(databaseName(user), 2, {
    upgrade(database, from) {
      if (from < 1) makeAlarmStores(database);
      if (from < 2) makeChatStores(database);
    },
    // Another tab deletes the store (sign out and forget): do not stand in its way.
    blocking: (_now, _wanted, event) => (event.target as IDBDatabase).close(),
  });
}

function makeAlarmStores(database: Database): void {
  database.createObjectStore("keys");
  database.createObjectStore("device");
  database.createObjectStore("cards", { keyPath: "alert" });
  database.createObjectStore("broken", { keyPath: ["room", "seq"] });
  database.createObjectStore("cursors");
  database.createObjectStore("acts", { keyPath: "alert" });
  database.createObjectStore("settings");
}

function makeChatStores(database: Database): void {
  const messages = database.createObjectStore("messages", { keyPath: ["room", "seq"] });
  messages.createIndex("id", ["room", "id"]);
  messages.createIndex("ref", ["room", "ref"]);
  messages.createIndex("unread", ["room", "unread", "seq"]);
  messages.createIndex("open", ["room", "open", "seq"]);
  messages.createIndex("broken", ["broken", "room", "seq"]);
  database.createObjectStore("conversations");
  database.createObjectStore("groups");
  database.createObjectStore("outbox", { keyPath: "order", autoIncrement: true });
  database.createObjectStore("logs");
  database.createObjectStore("packages", { keyPath: "ref" });
  database.createObjectStore("drafts");
  database.createObjectStore("mails");
}

/** emptyDatabase takes out everything but the key; what is open stays open. */
export async function emptyDatabase(database: Database): Promise<void> {
  const names = [...database.objectStoreNames].filter((name) => name !== "keys");
  const change = database.transaction(names, "readwrite", { durability: "strict" });
  await Promise.all(names.map((name) => change.objectStore(name).clear()));
  await change.done;
}

/** forgetDatabase removes everything an account has left in this browser, its device keys too. */
export function forgetDatabase(user: string): Promise<void> {
  return deleteDB(databaseName(user));
}
