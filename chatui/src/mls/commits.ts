import {
  createCommit,
  createGroup as createFirst,
  emptyPskIndex,
  processPublicMessage,
  unprotectPublicMessage,
  type ClientState,
  type Proposal,
  type PublicMessage,
} from "./lib.ts";
import { equal, type Bytes } from "../seal/bytes.ts";
import type { Certified, Identity, Leaf, Self, Who } from "./leaf.ts";
import { MlsError, refusing } from "./mlsError.ts";
import { isLastResort, makeEntry, readEntry, refsOf } from "./packages.ts";
import { believing, Group, groupIdOf, leavesIn, roster, slim } from "./state.ts";
import { believe, configOf, identityOf, maxLeaves, suite } from "./suite.ts";
import { enter } from "./welcome.ts";
import { decodePackage, decodeWire, encodeWire } from "./wire.ts";

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

/** Found gives the stored `secret` of a package by its ref. */
export type Found = (ref: string) => Promise<Bytes | null>;

export interface Change {
  /** Key packages: MLSMessage or bare. */
  readonly adds?: readonly Bytes[];
  /** Leaves. */
  readonly removes?: readonly number[];
}

export interface Joined {
  readonly group: Group;
  /** The package used: delete its secret with the same write that stores the group, unless it is the last-resort one. */
  readonly ref: string;
  readonly lastResort: boolean;
  readonly roster: readonly Leaf[];
  /** Who added this device. */
  readonly by: Leaf;
}

/** createGroup makes epoch 0 with this device alone, and the commit that adds the claimed packages. */
export async function createGroup(
  self: Self,
  room: string,
  packages: readonly Bytes[],
  certified: Certified,
): Promise<Pending> {
  const { keyPackage, privatePackage } = await makeEntry(self, false);
  const config = configOf(self.clinic, believe(certified, true));
  const state = await createFirst(groupIdOf(room), keyPackage, privatePackage, [], await suite, config);
  return commit(new Group(state), { adds: packages }, certified);
}

/** join takes a Welcome to a room. */
export async function join(self: Self, room: string, welcome: Bytes, found: Found, certified: Certified): Promise<Joined> {
  const { ref, secret } = await ownPackage(welcome, found);
  return refusing("signature", async () => {
    const entry = await readEntry(secret, self);
    const config = configOf(self.clinic, believe(certified));
    const message = decodeWire(welcome, "mls_welcome");
    const { state, signer } = await enter(message.welcome, entry, groupIdOf(room), config, await suite);
    const group = new Group(state);
    const leaves = roster(group);
    const by = leafAt(leaves, signer);
    if (devicesTwice(leaves)) throw new MlsError("commit", "a device twice");
    return { group, ref, lastResort: isLastResort(entry.keyPackage), roster: leaves, by };
  });
}

async function ownPackage(welcome: Bytes, found: Found): Promise<{ ref: string; secret: Bytes }> {
  for (const ref of refsOf(welcome)) {
    const secret = await found(ref);
    if (secret) return { ref, secret };
  }
  throw new MlsError("state_lost", "no package for this welcome");
}

/** commit adds packages and removes leaves; with neither it refreshes this device's keys. */
export function commit(group: Group, { adds = [], removes = [] }: Change, certified: Certified): Promise<Pending> {
  return refusing("commit", async () => {
    if (group.removed) throw new MlsError("commit", "removed from the group");
    const before = roster(group);
    const own = leafAt(before, group.leaf);
    const state = believing(group, own.clinic, believe(certified, true));
    const proposals: Proposal[] = [
      ...removes.map((removed) => ({ proposalType: "remove", remove: { removed } }) as const),
      ...adds.map((one) => ({ proposalType: "add", add: { keyPackage: decodePackage(one) } }) as const),
    ];
    const made = await createCommit(
      { state, cipherSuite: await suite },
      { wireAsPublicMessage: true, ratchetTreeExtension: true, extraProposals: proposals },
    );
    const facts = factsOf(before, made.newState, own, removes);
    const welcome = made.welcome && encodeWire({ version: "mls10", wireformat: "mls_welcome", welcome: made.welcome });
    return { group: new Group(slim(made.newState)), commit: encodeWire(made.commit), welcome: welcome ?? null, facts };
  });
}

/** CommitSight is what a commit says readably, before anything of it is verified. */
export interface CommitSight {
  readonly room: Bytes;
  readonly epoch: number;
  /** Whose device logs openCommit will ask for. */
  readonly adds: readonly Identity[];
}

/** peekCommit lets a caller fetch what `certified` will need. */
export function peekCommit(body: Bytes): CommitSight {
  const { publicMessage } = decodeWire(body, "mls_public_message");
  const adds = proposalsOf(publicMessage).flatMap((one) => {
    const identity = one.proposalType === "add" ? identityOf(one.add.keyPackage.leafNode.credential) : null;
    return identity ? [identity] : [];
  });
  const { groupId, epoch } = publicMessage.content;
  return { room: groupId.slice() as Bytes, epoch: Number(epoch), adds };
}

/**
 * openCommit processes another device's commit; `from` is the item's header. The guard decides
 * whether the result may be kept.
 */
export async function openCommit(
  group: Group,
  body: Bytes,
  from: Who,
  certified: Certified,
): Promise<{ group: Group; facts: CommitFacts }> {
  const { publicMessage } = decodeWire(body, "mls_public_message");
  if (group.removed) throw new MlsError("commit", "removed from the group");
  checkFrame(group, publicMessage);
  const removes = proposalsOf(publicMessage).flatMap((one) => (one.proposalType === "remove" ? [one.remove.removed] : []));
  const before = roster(group);
  const committer = committerOf(group, before, publicMessage, from);
  return refusing("commit", async () => {
    if (removes.includes(group.leaf)) return leave(group, publicMessage, before, committer, removes);
    const state = believing(group, committer.clinic, believe(certified));
    const { newState } = await processPublicMessage(state, publicMessage, emptyPskIndex, await suite);
    return { group: new Group(slim(newState)), facts: factsOf(before, newState, committer, removes) };
  });
}

/**
 * The commit that removes this device is the last it reads. The library does not notice when the same commit adds
 * somebody in its place, so it is told apart here; what the commit adds is no business of this device any more.
 */
async function leave(
  { state }: Group,
  message: PublicMessage,
  before: readonly Leaf[],
  committer: Leaf,
  removed: readonly number[],
): Promise<{ group: Group; facts: CommitFacts }> {
  const { keySchedule, groupContext, ratchetTree } = state;
  await unprotectPublicMessage(keySchedule.membershipKey, groupContext, ratchetTree, message, await suite);
  const group = new Group({ ...state, groupActiveState: { kind: "removedFromGroup" } });
  const after = before.filter(({ index }) => !removed.includes(index));
  const removes = before.filter(({ index }) => removed.includes(index));
  const facts = { epoch: group.epoch + 1, committer, adds: [], removes, before, after, selfRemoved: true };
  return { group, facts };
}

function checkFrame(group: Group, { content, senderType }: PublicMessage): void {
  if (content.contentType !== "commit" || senderType !== "member") throw new MlsError("format", "not a member's commit");
  if (!equal(content.groupId, group.state.groupContext.groupId)) throw new MlsError("aad", "another room");
  if (Number(content.epoch) !== group.epoch) throw new MlsError("epoch", "not the current epoch");
}

/** Adds and Removes by value are all that is ever proposed here. */
function proposalsOf({ content }: PublicMessage): Extract<Proposal, { proposalType: "add" | "remove" }>[] {
  if (content.contentType !== "commit") throw new MlsError("format", "not a commit");
  return content.commit.proposals.map((one) => {
    if (one.proposalOrRefType !== "proposal") throw new MlsError("commit", "proposal by reference");
    const { proposal } = one;
    if (proposal.proposalType === "add" || proposal.proposalType === "remove") return proposal as ReturnType<typeof proposalsOf>[number];
    throw new MlsError("commit", "proposal");
  });
}

function committerOf(group: Group, before: readonly Leaf[], { content }: PublicMessage, from: Who): Leaf {
  const index = content.sender.senderType === "member" ? content.sender.leafIndex : -1;
  if (index === group.leaf) throw new MlsError("commit", "own commit");
  const committer = leafAt(before, index);
  if (committer.user !== from.user || committer.device !== from.device) throw new MlsError("signature", "sender");
  const leaf = content.contentType === "commit" ? content.commit.path?.leafNode : undefined;
  if (!leaf) return committer;
  const next = identityOf(leaf.credential);
  const same = next?.user === committer.user && next.device === committer.device && next.clinic === committer.clinic;
  if (!same || !equal(leaf.signaturePublicKey, committer.sign)) throw new MlsError("commit", "committer's leaf changes hands");
  return committer;
}

function factsOf(before: readonly Leaf[], state: ClientState, committer: Leaf, removed: readonly number[]): CommitFacts {
  const after = leavesIn(state.ratchetTree);
  if (after.length > maxLeaves) throw new MlsError("commit", "too many leaves");
  if (devicesTwice(after)) throw new MlsError("commit", "a device twice");
  const kept = new Set(before.map(({ index }) => index).filter((index) => !removed.includes(index)));
  return {
    epoch: Number(state.groupContext.epoch),
    committer,
    adds: after.filter(({ index }) => !kept.has(index)),
    removes: before.filter(({ index }) => removed.includes(index)),
    before,
    after,
    selfRemoved: false,
  };
}

function leafAt(leaves: readonly Leaf[], index: number): Leaf {
  const found = leaves.find((leaf) => leaf.index === index);
  if (!found) throw new MlsError("commit", "no such leaf");
  return found;
}

function devicesTwice(leaves: readonly Leaf[]): boolean {
  return new Set(leaves.map(({ user, device }) => `${user}/${device}`)).size !== leaves.length;
}
