// The door to ts-mls. It is entered by its parts, not by its index: the index loads a second
// crypto provider whose packages npm does not install, and hides what is needed here.
export { createCommit } from "ts-mls/createCommit.js";
export { createGroup, decodeGroupState, encodeGroupState, type ClientState } from "ts-mls/clientState.js";
export type { ClientConfig } from "ts-mls/clientConfig.js";
export { encode } from "ts-mls/codec/tlsEncoder.js";
export { getCiphersuiteFromName, type CiphersuiteImpl } from "ts-mls/crypto/ciphersuite.js";
export { getCiphersuiteImpl } from "ts-mls/crypto/getCiphersuiteImpl.js";
export type { Hash } from "ts-mls/crypto/hash.js";
export type { Credential } from "ts-mls/credential.js";
export { ratchetTreeFromExtension, verifyGroupInfoConfirmationTag, verifyGroupInfoSignature } from "ts-mls/groupInfo.js";
export type { GroupInfo } from "ts-mls/groupInfo.js";
export type { GroupSecrets } from "ts-mls/groupSecrets.js";
export {
  decodeKeyPackage,
  encodeKeyPackage,
  generateKeyPackageWithKey,
  makeKeyPackageRef,
  verifyKeyPackage,
  type KeyPackage,
  type PrivateKeyPackage,
} from "ts-mls/keyPackage.js";
export { deriveKeySchedule } from "ts-mls/keySchedule.js";
export {
  verifyLeafNodeSignature,
  verifyLeafNodeSignatureKeyPackage,
  type LeafNode,
  type LeafNodeKeyPackage,
} from "ts-mls/leafNode.js";
export { decodeMlsMessage, encodeMlsMessage, type MLSMessage } from "ts-mls/message.js";
export { protectApplicationData, unprotectPrivateMessage } from "ts-mls/messageProtection.js";
export { unprotectPublicMessage } from "ts-mls/messageProtectionPublic.js";
export { CodecError, CryptoError, CryptoVerificationError, MlsError as LibraryError, ValidationError } from "ts-mls/mlsError.js";
export { parentHashInputEncoder } from "ts-mls/parentHash.js";
export { pathToRoot } from "ts-mls/pathSecrets.js";
export { decryptSenderData, type PrivateMessage } from "ts-mls/privateMessage.js";
export { mergePrivateKeyPaths, toPrivateKeyPath, type PrivateKeyPath } from "ts-mls/privateKeyPath.js";
export { processPublicMessage } from "ts-mls/processMessages.js";
export type { Proposal } from "ts-mls/proposal.js";
export { emptyPskIndex } from "ts-mls/pskIndex.js";
export type { PublicMessage } from "ts-mls/publicMessage.js";
export { findLeafIndex, resolution, type RatchetTree } from "ts-mls/ratchetTree.js";
export { createSecretTree } from "ts-mls/secretTree.js";
export { leafNodeHashInputEncoder, parentNodeHashInputEncoder } from "ts-mls/treeHash.js";
export {
  directPath,
  isLeaf,
  left,
  leafToNodeIndex,
  leafWidth,
  nodeToLeafIndex,
  right,
  rootFromNodeWidth,
  toLeafIndex,
  toNodeIndex,
  type NodeIndex,
} from "ts-mls/treemath.js";
export { firstCommonAncestor } from "ts-mls/updatePath.js";
export { decryptGroupInfo, decryptGroupSecrets, type Welcome } from "ts-mls/welcome.js";
