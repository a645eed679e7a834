import {
  createSecretTree,
  decryptGroupInfo,
  decryptGroupSecrets,
  deriveKeySchedule,
  findLeafIndex,
  firstCommonAncestor,
  leafToNodeIndex,
  leafWidth,
  makeKeyPackageRef,
  mergePrivateKeyPaths,
  pathToRoot,
  ratchetTreeFromExtension,
  toLeafIndex,
  toPrivateKeyPath,
  verifyGroupInfoConfirmationTag,
  verifyGroupInfoSignature,
  type CiphersuiteImpl,
  type ClientConfig,
  type ClientState,
  type GroupInfo,
  type GroupSecrets,
  type KeyPackage,
  type PrivateKeyPackage,
  type PrivateKeyPath,
  type RatchetTree,
  type Welcome,
} from "./lib.ts";
import { equal } from "../seal/bytes.ts";
import { MlsError } from "./mlsError.ts";
import { maxLeaves, suiteName } from "./suite.ts";
import { leavesOf, verifyTree } from "./tree.ts";

/** Entry is one package of ours with its private keys. */
export interface Entry {
  readonly keyPackage: KeyPackage;
  readonly privatePackage: PrivateKeyPackage;
}

/**
 * enter joins by a Welcome (RFC 9420 section 12.4.3.1). It is ts-mls's joinGroup with our verification of
 * the tree and without what we never use: pre-shared keys, re-initialised and branched groups, trees sent apart.
 */
export async function enter(
  welcome: Welcome,
  entry: Entry,
  groupId: Uint8Array,
  config: ClientConfig,
  suite: CiphersuiteImpl,
): Promise<{ state: ClientState; signer: number }> {
  if (welcome.cipherSuite !== suiteName) throw new MlsError("format", "suite");
  const secrets = await secretsOf(welcome, entry, suite);
  const noPsk = new Uint8Array(suite.kdf.size);
  const info = await decryptGroupInfo(welcome, secrets.joinerSecret, noPsk, suite);
  if (!info) throw new MlsError("format", "group info");
  const tree = treeOf(info, groupId);
  await verifyInfo(info, tree, config, suite);
  if (!(await verifyGroupInfoConfirmationTag(info, secrets.joinerSecret, noPsk, suite))) {
    throw new MlsError("signature", "confirmation tag");
  }
  const privatePath = await pathOf(info, tree, secrets, entry, suite);
  const [keySchedule, encryption] = await deriveKeySchedule(secrets.joinerSecret, noPsk, info.groupContext, suite.kdf);
  const state: ClientState = {
    groupContext: info.groupContext,
    ratchetTree: tree,
    privatePath,
    signaturePrivateKey: entry.privatePackage.signaturePrivateKey,
    confirmationTag: info.confirmationTag,
    unappliedProposals: {},
    keySchedule,
    secretTree: await createSecretTree(leafWidth(tree.length), encryption, suite.kdf),
    historicalReceiverData: new Map(),
    groupActiveState: { kind: "active" },
    clientConfig: config,
  };
  return { state, signer: info.signer };
}

async function secretsOf(welcome: Welcome, entry: Entry, suite: CiphersuiteImpl): Promise<GroupSecrets> {
  const ref = await makeKeyPackageRef(entry.keyPackage, suite.hash);
  const key = await suite.hpke.importPrivateKey(entry.privatePackage.initPrivateKey);
  const secrets = await decryptGroupSecrets(key, ref, welcome, suite.hpke);
  if (!secrets || secrets.psks.length > 0) throw new MlsError("format", "group secrets");
  return secrets;
}

function treeOf(info: GroupInfo, groupId: Uint8Array): RatchetTree {
  const { groupContext } = info;
  if (groupContext.version !== "mls10" || groupContext.cipherSuite !== suiteName) throw new MlsError("format", "suite");
  if (!equal(groupContext.groupId, groupId)) throw new MlsError("aad", "another room");
  // Members of the clinic only: nobody outside the tree may send into the group.
  if (groupContext.extensions.some((one) => one.extensionType === "external_senders")) {
    throw new MlsError("commit", "external senders");
  }
  const tree = ratchetTreeFromExtension(info);
  if (!tree || tree.length > 2 * maxLeaves - 1) throw new MlsError("format", "tree");
  return tree;
}

async function verifyInfo(info: GroupInfo, tree: RatchetTree, config: ClientConfig, suite: CiphersuiteImpl): Promise<void> {
  const signer = leavesOf(tree).find(([index]) => index === info.signer);
  if (!signer) throw new MlsError("signature", "signer");
  if (!(await verifyGroupInfoSignature(info, signer[1].signaturePublicKey, suite.signature))) {
    throw new MlsError("signature", "group info");
  }
  await verifyTree(tree, {
    groupId: info.groupContext.groupId,
    treeHash: info.groupContext.treeHash,
    suite,
    credential: async (leaf) => {
      await config.authService.validateCredential(leaf.credential, leaf.signaturePublicKey);
    },
  });
}

async function pathOf(
  info: GroupInfo,
  tree: RatchetTree,
  secrets: GroupSecrets,
  { keyPackage, privatePackage }: Entry,
  suite: CiphersuiteImpl,
): Promise<PrivateKeyPath> {
  const leaf = findLeafIndex(tree, keyPackage.leafNode);
  if (leaf === undefined) throw new MlsError("commit", "own leaf");
  const own = { leafIndex: leaf, privateKeys: { [leafToNodeIndex(leaf)]: privatePackage.hpkePrivateKey } };
  if (!secrets.pathSecret) return own;
  const ancestor = firstCommonAncestor(tree, leaf, toLeafIndex(info.signer));
  const path = await pathToRoot(tree, ancestor, secrets.pathSecret, suite.kdf);
  return mergePrivateKeyPaths(await toPrivateKeyPath(path, leaf, suite), own);
}
