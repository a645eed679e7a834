import type { Bytes } from "../seal/bytes.ts";
import type { Certified, Leaf, Self, Who } from "./leaf.ts";

/**
 * Group is this device's state of one room's MLS group. It never changes: every call
 * that advances it returns another, and the caller keeps the old one until the new one
 * is durable. Using an old one again after sending would repeat a key: never do.
 */
export interface Group {
  readonly room: string;
  readonly epoch: number;
  /** This device's leaf. */
  readonly leaf: number;
  /** A commit has removed this device: it neither sends nor reads any more. */
  readonly removed: boolean;
}

/** Header is what the hub says of an item; the message itself must agree. */
export interface Header extends Who {
  readonly room: string;
  readonly id: string;
}

/** CommitFacts is what a commit does, for the guard and for the timeline. */
export interface CommitFacts {
  /** After it. */
  readonly epoch: number;
  readonly committer: Leaf;
  readonly adds: readonly Leaf[];
  readonly removes: readonly Leaf[];
  readonly before: readonly Leaf[];
  readonly after: readonly Leaf[];
  readonly selfRemoved: boolean;
}

/** Pending is a commit of one's own: `group` counts once the hub has taken the commit. Store it before posting. */
export interface Pending {
  readonly group: Group;
  /** MLSMessage with a PublicMessage. */
  readonly commit: Bytes;
  /** MLSMessage with a Welcome; null when nobody is added. */
  readonly welcome: Bytes | null;
  readonly facts: CommitFacts;
}

export interface Opened {
  readonly group: Group;
  readonly payload: Bytes;
  readonly sender: Leaf;
  readonly epoch: number;
}

/** Found gives the stored `secret` of a package by its ref. */
export type Found = (ref: string) => Promise<Bytes | null>;

/** createGroup makes epoch 0 with this device alone, and the commit that adds the claimed packages (MLSMessage or bare KeyPackage). */
export declare function createGroup(self: Self, room: string, packages: readonly Bytes[], certified: Certified): Promise<Pending>;

/**
 * join takes a Welcome. `ref` tells which package was used: delete its secret with the same write that stores
 * the group, unless it is the last-resort one (replace that instead).
 */
export declare function join(
  self: Self,
  room: string,
  welcome: Bytes,
  found: Found,
  certified: Certified,
): Promise<{ group: Group; ref: string; lastResort: boolean; roster: readonly Leaf[] }>;

/** openMessage decrypts an item of another device. */
export declare function openMessage(group: Group, body: Bytes, header: Header): Promise<Opened>;

/** sealMessage encrypts for the item `id`. Store the group it returns before sending the body. */
export declare function sealMessage(group: Group, payload: Bytes, id: string): Promise<{ group: Group; body: Bytes; epoch: number }>;

/** openCommit processes another device's commit; `from` is the item's header. The guard decides whether the result may be kept. */
export declare function openCommit(
  group: Group,
  body: Bytes,
  from: Who,
  certified: Certified,
): Promise<{ group: Group; facts: CommitFacts }>;

/** commit adds packages and removes leaves; with neither it refreshes this device's keys. */
export declare function commit(
  group: Group,
  change: { adds?: readonly Bytes[]; removes?: readonly number[] },
  certified: Certified,
): Promise<Pending>;

export declare function roster(group: Group): Leaf[];

/** epochAuthenticator is equal on all devices that agree on the whole history (RFC 9420 section 8.7). */
export declare function epochAuthenticator(group: Group): Bytes;

/** encodeGroup holds private keys: seal it before it is stored. */
export declare function encodeGroup(group: Group): Bytes;

/** decodeGroup throws MlsError state_lost for anything encodeGroup did not make. */
export declare function decodeGroup(bytes: Bytes): Group;
