import {
  directPath,
  encode,
  isLeaf,
  leafNodeHashInputEncoder,
  leafToNodeIndex,
  leafWidth,
  left,
  nodeToLeafIndex,
  parentHashInputEncoder,
  parentNodeHashInputEncoder,
  resolution,
  right,
  rootFromNodeWidth,
  toLeafIndex,
  toNodeIndex,
  verifyLeafNodeSignature,
  verifyLeafNodeSignatureKeyPackage,
  type CiphersuiteImpl,
  type Hash,
  type LeafNode,
  type LeafNodeKeyPackage,
  type NodeIndex,
  type RatchetTree,
} from "./lib.ts";
import { equal, toBase64 } from "../seal/bytes.ts";
import { MlsError } from "./mlsError.ts";

// ts-mls 1.6.4 demands that all ancestors of an unmerged leaf have the same unmerged leaves, which refuses
// trees that two Adds make, or an Add by a Go member. It also hashes the whole tree once for each of its nodes.
// So the tree of a Welcome is verified here (RFC 9420 section 12.4.3.1 and 7.9.2).

type Parent = Extract<NonNullable<RatchetTree[number]>, { nodeType: "parent" }>["parent"];

/** TreeCheck is what verifyTree needs to know besides the tree. */
export interface TreeCheck {
  readonly groupId: Uint8Array;
  readonly treeHash: Uint8Array;
  readonly suite: CiphersuiteImpl;
  /** Throws when the leaf's credential is not to be believed. */
  credential(leaf: LeafNode): Promise<void>;
}

export async function verifyTree(tree: RatchetTree, check: TreeCheck): Promise<void> {
  positions(tree);
  uniqueKeys(tree);
  unmergedLeaves(tree);
  const hashes = new TreeHashes(tree, check.suite.hash);
  const whole = await hashes.of(rootFromNodeWidth(tree.length));
  if (!equal(whole, check.treeHash)) throw new MlsError("commit", "tree hash");
  for (const [index, parent] of parentsOf(tree)) await parentHash(tree, index, parent, hashes);
  await Promise.all(leavesOf(tree).map(([index, leaf]) => verifyLeaf(index, leaf, check)));
}

export function leavesOf(tree: RatchetTree): [number, LeafNode][] {
  return tree.flatMap((node, at): [number, LeafNode][] => (node?.nodeType === "leaf" ? [[at / 2, node.leaf]] : []));
}

function parentsOf(tree: RatchetTree): [NodeIndex, Parent][] {
  return tree.flatMap((node, at): [NodeIndex, Parent][] =>
    node?.nodeType === "parent" ? [[toNodeIndex(at), node.parent]] : [],
  );
}

function positions(tree: RatchetTree): void {
  for (const [at, node] of tree.entries()) {
    if (node && isLeaf(toNodeIndex(at)) !== (node.nodeType === "leaf")) throw new MlsError("format", "tree");
  }
}

function uniqueKeys(tree: RatchetTree): void {
  const encryption = tree.flatMap((node) =>
    node ? [toBase64(node.nodeType === "leaf" ? node.leaf.hpkePublicKey : node.parent.hpkePublicKey)] : [],
  );
  const signature = leavesOf(tree).map(([, leaf]) => toBase64(leaf.signaturePublicKey));
  for (const keys of [encryption, signature]) {
    if (new Set(keys).size !== keys.length) throw new MlsError("commit", "keys not unique");
  }
}

/** Each unmerged leaf is a leaf below its node, and every parent between the two lists it too. */
function unmergedLeaves(tree: RatchetTree): void {
  for (const [index, { unmergedLeaves: leaves }] of parentsOf(tree)) {
    const good = leaves.every((leaf, i) => leaf > (leaves[i - 1] ?? -1) && isUnmerged(tree, index, leaf));
    if (!good) throw new MlsError("commit", "unmerged leaves");
  }
}

function isUnmerged(tree: RatchetTree, index: NodeIndex, leaf: number): boolean {
  const at = leafToNodeIndex(toLeafIndex(leaf));
  // Asked first: the library's directPath never ends for a leaf outside the tree.
  if (tree[at]?.nodeType !== "leaf") return false;
  const path = directPath(at, leafWidth(tree.length));
  return path.includes(index) && path.slice(0, path.indexOf(index)).every((one) => lists(tree, one, leaf));
}

function lists(tree: RatchetTree, index: NodeIndex, leaf: number): boolean {
  const node = tree[index];
  return node?.nodeType !== "parent" || node.parent.unmergedLeaves.includes(leaf);
}

/** Section 7.9.2: a parent's key must have been set together with the key of a node below it. */
async function parentHash(tree: RatchetTree, index: NodeIndex, parent: Parent, hashes: TreeHashes): Promise<void> {
  const [one, other] = [left(index), right(index)];
  const good = (await setBelow(tree, one, other, parent, hashes)) || (await setBelow(tree, other, one, parent, hashes));
  if (!good) throw new MlsError("commit", "parent hash");
}

async function setBelow(
  tree: RatchetTree,
  child: NodeIndex,
  sibling: NodeIndex,
  parent: Parent,
  hashes: TreeHashes,
): Promise<boolean> {
  const unmerged = new Set(parent.unmergedLeaves.map((leaf) => leafToNodeIndex(toLeafIndex(leaf))));
  const below = resolution(tree, child);
  const merged = below.filter((at) => !unmerged.has(at));
  const [only] = merged;
  if (only === undefined || merged.length !== 1) return false;
  const claimed = parentHashOf(tree[only]);
  return claimed !== null && equal(claimed, await hashes.parent(parent, sibling));
}

function parentHashOf(node: RatchetTree[number]): Uint8Array | null {
  if (node?.nodeType === "parent") return node.parent.parentHash;
  return node?.leaf.leafNodeSource === "commit" ? node.leaf.parentHash : null;
}

async function verifyLeaf(index: number, leaf: LeafNode, { groupId, suite, credential }: TreeCheck): Promise<void> {
  const good =
    leaf.leafNodeSource === "key_package"
      ? await verifyLeafNodeSignatureKeyPackage(leaf as LeafNodeKeyPackage, suite.signature)
      : await verifyLeafNodeSignature(leaf, groupId, index, suite.signature);
  if (!good) throw new MlsError("signature", "leaf");
  await credential(leaf);
}

/** TreeHashes computes the hash of each subtree once. */
class TreeHashes {
  #tree: RatchetTree;
  #hash: Hash;
  #known = new Map<NodeIndex, Promise<Uint8Array>>();

  constructor(tree: RatchetTree, hash: Hash) {
    this.#tree = tree;
    this.#hash = hash;
  }

  of(index: NodeIndex): Promise<Uint8Array> {
    const known = this.#known.get(index);
    if (known) return known;
    const made = this.#make(index, none);
    this.#known.set(index, made);
    return made;
  }

  /** parent is the parent hash by a node whose other child is `sibling` (section 7.9). */
  async parent(node: Parent, sibling: NodeIndex): Promise<Uint8Array> {
    const input = {
      encryptionKey: node.hpkePublicKey,
      parentHash: node.parentHash,
      originalSiblingTreeHash: await this.#without(sibling, new Set(node.unmergedLeaves)),
    };
    return this.#hash.digest(encode(parentHashInputEncoder)(input));
  }

  /** The hash as it was before these leaves were added. */
  #without(index: NodeIndex, leaves: ReadonlySet<number>): Promise<Uint8Array> {
    const inside = [...leaves].some((leaf) => spans(index, leaf));
    return inside ? this.#make(index, leaves) : this.of(index);
  }

  async #make(index: NodeIndex, without: ReadonlySet<number>): Promise<Uint8Array> {
    const node = this.#tree[index];
    if (isLeaf(index)) {
      const leafIndex = nodeToLeafIndex(index);
      const leafNode = node?.nodeType === "leaf" && !without.has(leafIndex) ? node.leaf : undefined;
      return this.#hash.digest(encode(leafNodeHashInputEncoder)({ nodeType: "leaf", leafIndex, leafNode }));
    }
    const [leftHash, rightHash] = await Promise.all([
      this.#without(left(index), without),
      this.#without(right(index), without),
    ]);
    const parentNode = node?.nodeType === "parent" ? pruned(node.parent, without) : undefined;
    return this.#hash.digest(encode(parentNodeHashInputEncoder)({ nodeType: "parent", parentNode, leftHash, rightHash }));
  }
}

const none: ReadonlySet<number> = new Set();

function pruned(parent: Parent, without: ReadonlySet<number>): Parent {
  if (without.size === 0) return parent;
  return { ...parent, unmergedLeaves: parent.unmergedLeaves.filter((leaf) => !without.has(leaf)) };
}

/** A node of level k stands in the middle of 2^k leaves (appendix C). */
function spans(index: NodeIndex, leaf: number): boolean {
  const level = Math.log2((index ^ (index + 1)) + 1) - 1;
  return leaf * 2 >= index - (2 ** level - 1) && leaf * 2 <= index + (2 ** level - 1);
}
