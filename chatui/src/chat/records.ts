import type { Counts } from "../mls/counts.ts";
import type { Group } from "../mls/group.ts";
import type { Guard } from "../mls/guard.ts";
import type { Receipt } from "../stream/messages.ts";
import type { LastLine, LinkState, Member, Priority, Role, Warning } from "./model.ts";

// What the chat client keeps. All of it is plain JSON and sealed before it is stored.

/** Conversation is what is known of a room beside its group and its messages. */
export interface Conversation {
  readonly room: string;
  readonly kind: "direct" | "group";
  readonly title: string;
  readonly peer: string | null;
  readonly alert: string | null;
  readonly role: Role;
  readonly muted: boolean;
  readonly state: "ready" | "joining" | "frozen" | "left";
  readonly readSeq: number;
  /** The newest stored item. */
  readonly lastSeq: number;
  readonly at: string;
  readonly last: LastLine | null;
  /** The item `last` was made of. */
  readonly lastOf: number;
  readonly warnings: readonly Warning[];
  readonly roster: readonly Member[];
  readonly receipts: readonly Receipt[];
  /** This device made the room, and the hub has not been heard about it. */
  readonly creating?: boolean;
}

export type What =
  | { readonly kind: "text"; readonly text: string; readonly prio: Priority }
  | { readonly kind: "confirm"; readonly ref: string }
  /** `shown`: the title is another than before. */
  | { readonly kind: "info"; readonly title: string; readonly members: readonly string[]; readonly shown: boolean }
  /** Of a newer client: base64 of the JSON. */
  | { readonly kind: "unknown"; readonly raw: string }
  | { readonly kind: "line"; readonly act: "created" | "added" | "removed" | "left" | "role"; readonly users: readonly string[]; readonly role: Role | null }
  | { readonly kind: "devices"; readonly users: readonly string[] }
  | { readonly kind: "broken"; readonly cause: string };

/** Row is one stored item. */
export interface Row {
  readonly room: string;
  readonly seq: number;
  readonly id: string;
  readonly at: string;
  readonly user: string;
  /** The sending device; "" for a line. */
  readonly from: string;
  readonly restoredBy: string | null;
  readonly what: What;
}

/** Kept is a group with everything that must advance together with it. */
export interface Kept {
  readonly group: Group;
  readonly guard: Guard;
  readonly counts: Counts;
  /** What this device has numbered in the room. */
  readonly run: string;
  readonly n: number;
}

export type Outgoing =
  | { readonly kind: "text"; readonly text: string; readonly prio: Priority }
  | { readonly kind: "confirm"; readonly ref: string }
  | { readonly kind: "info"; readonly title: string; readonly members: readonly string[] };

/** Waiting is one entry of the outbox. */
export interface Waiting {
  readonly order: number;
  readonly room: string;
  readonly id: string;
  readonly at: string;
  readonly what: Outgoing;
  /** Once encrypted: its number, the epoch, and the frame's body in base64. */
  readonly sealed: { readonly run: string; readonly n: number; readonly epoch: number; readonly body: string } | null;
  /** Refused for good: the code. */
  readonly fault: string | null;
}

/** About is what the hub says of the clinic. */
export interface About {
  readonly clinic: string;
  readonly recorder: string | null;
  readonly backup: boolean;
  readonly receipts: boolean;
  readonly push: string | null;
}

/** Standing is how this device stands in its account; all tabs show it. */
export interface Standing {
  readonly link: LinkState;
  readonly waiting: readonly { id: string; name: string }[];
}

export type People = Readonly<Record<string, { name: string; recorder: boolean }>>;
