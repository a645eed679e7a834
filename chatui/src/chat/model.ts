// What the screens know of conversations. Everything here is made by the chat client
// (chatClient.ts) and only read by the screens.

export type Priority = 0 | 1 | 2;
export type Role = "owner" | "moderator" | "member" | "reader";

/** Warning is shown in the room until the person has acknowledged it or, for `frozen`, for good. */
export type Warning =
  /** Somebody's account key was replaced. */
  | { kind: "key_changed"; user: string }
  /** The hub showed a device log that does not continue the one known. */
  | { kind: "log_forked"; user: string }
  /** A commit tried to add somebody or something nobody in the room wanted; the room stands still. */
  | { kind: "frozen"; reason: string }
  /** The hub withheld, repeated or reordered messages of this person. */
  | { kind: "missing"; user: string };

/** Line is what the room list shows of the last thing that happened. */
export interface LastLine {
  readonly user: string;
  readonly mine: boolean;
  readonly text: string;
  readonly kind: "text" | "line" | "broken";
  readonly prio: Priority;
}

/** Chat is one conversation in the list. */
export interface Chat {
  readonly id: string;
  readonly kind: "direct" | "group";
  /** The peer's name, the group's title, or "" while it is not known yet. */
  readonly title: string;
  readonly peer: string | null;
  /** The alert this room was opened for ("Besprechen"). */
  readonly alert: string | null;
  readonly role: Role;
  readonly muted: boolean;
  /** joining: waits for a Welcome; frozen: see warnings; left: read only, no longer a member. */
  readonly state: "ready" | "joining" | "frozen" | "left";
  readonly unread: number;
  /** Urgent messages of others this account has not confirmed. */
  readonly urgent: number;
  readonly readSeq: number;
  readonly lastSeq: number;
  readonly at: string;
  readonly last: LastLine | null;
  readonly draft: string;
  readonly warnings: readonly Warning[];
  readonly members: number;
}

/** Entry is one row of a timeline. */
export type Entry = TextEntry | LineEntry | BrokenEntry;

interface At {
  /** Stable key of the row: the item's id. */
  readonly id: string;
  /** null while it waits in the outbox. */
  readonly seq: number | null;
  /** ISO time: the hub's, or this device's while it waits. */
  readonly at: string;
}

export type Delivery = "queued" | "failed" | "sent" | "delivered" | "read";

export interface TextEntry extends At {
  readonly kind: "text";
  readonly user: string;
  readonly mine: boolean;
  readonly text: string;
  readonly prio: Priority;
  /** Of own messages; of others always "sent". */
  readonly delivery: Delivery;
  /** Why it failed: a code of the protocol. */
  readonly fault: string | null;
  /** Urgent: who has confirmed, in order. */
  readonly confirmed: readonly { user: string; at: string }[];
  /** Urgent: how many members have not confirmed yet (without the sender and those who only read). */
  readonly open: number;
  /** Set when it was not received but given by this user's device afterwards. */
  readonly restoredBy: string | null;
}

export interface LineEntry extends At {
  readonly kind: "line";
  readonly act: "created" | "added" | "removed" | "left" | "role" | "title" | "devices";
  readonly by: string;
  readonly users: readonly string[];
  readonly role: Role | null;
  readonly text: string;
}

/** BrokenEntry is an item that could not be decrypted and is being asked for. */
export interface BrokenEntry extends At {
  readonly kind: "broken";
  readonly user: string;
  readonly cause: string;
}

/** Timeline is the loaded part of a room, oldest first. */
export interface Timeline {
  readonly room: string;
  readonly entries: readonly Entry[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  /** The first unread seq when the room was opened, for the unread line; null: none. */
  readonly firstUnread: number | null;
}

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly units: readonly string[];
  readonly recorder: boolean;
  readonly devices: number;
}

export interface Member {
  readonly user: string;
  readonly name: string;
  readonly role: Role;
  readonly recorder: boolean;
}

export interface ReceiptTime {
  readonly user: string;
  readonly deliveredAt: string | null;
  readonly readAt: string | null;
}

/** LinkState is how this browser stands among the account's devices. */
export type LinkState =
  | { readonly step: "unknown" }
  /** Certified: it can talk. */
  | { readonly step: "certified" }
  /** Waits for an own device; code and qr are to be shown there. */
  | { readonly step: "pending"; readonly code: string; readonly qr: string; readonly backup: boolean; readonly others: number };

export interface ChatState {
  readonly loaded: boolean;
  readonly link: LinkState;
  readonly chats: readonly Chat[];
  /** Names of everybody seen so far. */
  readonly people: ReadonlyMap<string, { name: string; recorder: boolean }>;
  readonly recorder: string | null;
  readonly backupAllowed: boolean;
  readonly pushKey: string | null;
  /** A pending own device that waits for this one to link it. */
  readonly waiting: readonly { id: string; name: string }[];
}

/** ChatActions is everything screens can ask for. Failures reject with an Error whose message is a code. */
export interface ChatActions {
  search(query: string): Promise<Person[]>;
  /** Returns the room's id, also when it was there already. */
  openDirect(user: string): Promise<string>;
  openGroup(title: string, users: readonly string[], alert?: string): Promise<string>;
  send(room: string, text: string, prio: Priority): Promise<void>;
  retry(room: string, id: string): Promise<void>;
  discard(room: string, id: string): Promise<void>;
  confirm(room: string, id: string): Promise<void>;
  markRead(room: string, seq: number): void;
  setDraft(room: string, text: string): void;
  rename(room: string, title: string): Promise<void>;
  members(room: string): Promise<Member[]>;
  addMembers(room: string, users: readonly string[]): Promise<void>;
  removeMember(room: string, user: string): Promise<void>;
  setRole(room: string, user: string, role: Role): Promise<void>;
  leave(room: string): Promise<void>;
  mute(room: string, muted: boolean): Promise<void>;
  receipts(room: string, seq: number): Promise<ReceiptTime[]>;
  acknowledge(room: string, warning: Warning): Promise<void>;
  /** Safety number with a person: 12 groups of 5 digits, and the text of its QR; null when they have no device yet. */
  safetyNumber(user: string): Promise<{ digits: string; qr: string; verified: boolean } | null>;
  setVerified(user: string, verified: boolean): Promise<void>;
  checkSafetyQr(user: string, qr: string): Promise<boolean>;
  /** Opens a timeline window; the listener gets every change until closed. */
  openTimeline(room: string, listener: (timeline: Timeline) => void): { older(): Promise<void>; newer(): Promise<void>; toEnd(): Promise<void>; close(): void };
  /** On an old device: certify the pending device with this typed code or scanned QR. */
  linkDevice(codeOrQr: string): Promise<{ name: string }>;
  /** On an old device: the text of the QR a new device scans. */
  offerLink(): Promise<string>;
  /** On a new device: takes a scanned offer. */
  takeOffer(qr: string): Promise<void>;
  /** On a new device: opens the backup. */
  recover(code: string): Promise<void>;
  /** On a new device: a new account key; everybody is warned. */
  startOver(): Promise<void>;
  /** Makes (or replaces) the encrypted backup and returns the code to print: 7 groups of 4 letters and digits. */
  makeBackup(): Promise<string>;
  dropBackup(): Promise<void>;
  hasBackup(): Promise<boolean>;
  enablePush(): Promise<boolean>;
  disablePush(): Promise<void>;
}
