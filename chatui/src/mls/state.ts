import { decodeGroupState, encodeGroupState, type ClientState, type RatchetTree } from "./lib.ts";
import { concat, type Bytes } from "../seal/bytes.ts";
import type { Leaf } from "./leaf.ts";
import { MlsError } from "./mlsError.ts";
import { configOf, identityOf, type Checked } from "./suite.ts";
import { leavesOf } from "./tree.ts";

/**
 * Group is this device's state of one room's MLS group. It never changes: every call
 * that advances it returns another, and the caller keeps the old one until the new one
 * is durable. Using an old one again after sending would repeat a key: never do.
 */
export class Group {
  /** ts-mls's own; for this folder only. */
  readonly state: ClientState;

  constructor(state: ClientState) {
    this.state = state;
  }

  get room(): string {
    return roomOf(this.state.groupContext.groupId);
  }

  get epoch(): number {
    return Number(this.state.groupContext.epoch);
  }

  /** This device's leaf. */
  get leaf(): number {
    return this.state.privatePath.leafIndex;
  }

  /** A commit has removed this device: it neither sends nor reads any more. */
  get removed(): boolean {
    return this.state.groupActiveState.kind === "removedFromGroup";
  }
}

export function roster(group: Group): Leaf[] {
  return leavesIn(group.state.ratchetTree);
}

/** leavesIn throws for a leaf whose credential is not of our form. */
export function leavesIn(tree: RatchetTree): Leaf[] {
  return leavesOf(tree).map(([index, leaf]) => {
    const identity = identityOf(leaf.credential);
    if (!identity) throw new MlsError("commit", "identity");
    return { ...identity, index, sign: leaf.signaturePublicKey as Bytes };
  });
}

/** epochAuthenticator is equal on all devices that agree on the whole history (RFC 9420 section 8.7). */
export function epochAuthenticator(group: Group): Bytes {
  return group.state.keySchedule.epochAuthenticator.slice() as Bytes;
}

const version = 1;

/** encodeGroup holds private keys: seal it before it is stored. */
export function encodeGroup({ state }: Group): Bytes {
  return concat(Uint8Array.of(version), encodeGroupState(state));
}

/** decodeGroup throws MlsError state_lost for anything encodeGroup did not make. */
export function decodeGroup(bytes: Bytes): Group {
  const state = bytes[0] === version ? attempt(bytes.slice(1)) : null;
  if (!state) throw new MlsError("state_lost", "stored state");
  return state;
}

function attempt(bytes: Bytes): Group | null {
  try {
    const found = decodeGroupState(bytes, 0);
    if (found?.[1] !== bytes.length) return null;
    const own = leavesIn(found[0].ratchetTree)[0];
    return own ? new Group({ ...found[0], clientConfig: configOf(own.clinic, nobody) }) : null;
  } catch {
    return null;
  }
}

type Past = ClientState["historicalReceiverData"] extends Map<bigint, infer P> ? P : never;

const empty = new Uint8Array();
const spent = { secret: empty, generation: 0, unusedGenerations: {} };
const nothing = { versions: [], ciphersuites: [], extensions: [], proposals: [], credentials: [] };

/**
 * slim leaves of past epochs what opens their messages: the senders' secrets, names and signature keys. That
 * halves what is written each time a state is stored.
 */
export function slim(state: ClientState): ClientState {
  const past = [...state.historicalReceiverData].map(([epoch, data]) => [epoch, slimmed(data)] as const);
  return { ...state, historicalReceiverData: new Map(past) };
}

function slimmed(data: Past): Past {
  return {
    ...data,
    resumptionPsk: empty,
    secretTree: data.secretTree.map((node, at) => ({ application: at % 2 === 0 ? node.application : spent, handshake: spent })),
    ratchetTree: data.ratchetTree.map((node) => {
      if (node?.nodeType !== "leaf") return undefined;
      return { nodeType: "leaf", leaf: { ...node.leaf, hpkePublicKey: empty, signature: empty, capabilities: nothing } };
    }),
  };
}

const nobody: Checked = () => Promise.reject(new MlsError("commit", "nobody to ask"));

/** believing is the library's state with `check` deciding about the leaves that come. */
export function believing({ state }: Group, clinic: string, check: Checked): ClientState {
  return { ...state, clientConfig: configOf(clinic, check) };
}

/** groupIdOf gives the 16 bytes of a room's UUID. */
export function groupIdOf(room: string): Bytes {
  const digits = room.replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/.test(digits)) throw new MlsError("format", "room");
  return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

function roomOf(groupId: Uint8Array): string {
  const digits = Array.from(groupId, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
