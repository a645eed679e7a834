// @vitest-environment node
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import { fileURLToPath } from "node:url";
import { defaultClientConfig as config } from "ts-mls/clientConfig.js";
import { joinGroup, makePskIndex, type ClientState } from "ts-mls/clientState.js";
import { protectApplicationData, unprotectPrivateMessage } from "ts-mls/messageProtection.js";
import { unprotectPublicMessage } from "ts-mls/messageProtectionPublic.js";
import { processMessage } from "ts-mls/processMessages.js";
import { decodeProposal, encodeProposal } from "ts-mls/proposal.js";
import { acceptAll } from "ts-mls/incomingMessageAction.js";
import { createSecretTree, deriveKey, deriveNonce, ratchetUntil } from "ts-mls/secretTree.js";
import { expandSenderDataKey, expandSenderDataNonce } from "ts-mls/sender.js";
import { addLeafNode, decodeRatchetTree, encodeRatchetTree, removeLeafNode, updateLeafNode } from "ts-mls/ratchetTree.js";
import { treeHash, treeHashRoot } from "ts-mls/treeHash.js";
import { describe, expect, it, vi } from "vitest";
import {
  decodeMlsMessage,
  leafToNodeIndex,
  resolution,
  toLeafIndex,
  toNodeIndex,
  type KeyPackage,
  type MLSMessage,
  type RatchetTree,
} from "./lib.ts";
import { MlsError } from "./mlsError.ts";
import { suite } from "./suite.ts";
import { verifyTree } from "./tree.ts";
import { enter } from "./welcome.ts";

// Made for a machine that is busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

// The official vectors of the MLS working group, as the Go module carries them. Suite 1 only: no other is spoken.

const repository = fileURLToPath(new URL("../../..", import.meta.url));

function vectorFolder(): string {
  const module = ["list", "-m", "-f", "{{.Dir}}", "github.com/thomas-vilte/mls-go"];
  const folder = joinPath(execFileSync("go", module, { cwd: repository, encoding: "utf8" }).trim(), "testdata/mls-interop-testvectors/test-vectors");
  if (!existsSync(folder)) throw new Error(`no MLS vectors at ${folder}: run "go mod download"`);
  return folder;
}

const folder = vectorFolder();

function load<T extends object>(name: string): (T & { at: number })[] {
  const all = JSON.parse(readFileSync(joinPath(folder, `${name}.json`), "utf8")) as (T & { cipher_suite?: number })[];
  const ours = all.flatMap((one, at) => ((one.cipher_suite ?? 1) === 1 ? [{ ...one, at }] : []));
  if (ours.length === 0) throw new Error(`no vectors of suite 1 in ${name}`);
  return ours;
}

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function message<K extends MLSMessage["wireformat"]>(text: string, kind: K): Extract<MLSMessage, { wireformat: K }> {
  const found = decodeMlsMessage(hex(text), 0)?.[0];
  if (found?.wireformat !== kind) throw new Error(`not ${kind}`);
  return found as Extract<MLSMessage, { wireformat: K }>;
}

function decoded<T>(found: [T, number] | undefined): T {
  if (!found) throw new Error("not decoded");
  return found[0];
}

interface Passive {
  external_psks: { psk_id: string; psk: string }[];
  key_package: string;
  signature_priv: string;
  encryption_priv: string;
  init_priv: string;
  welcome: string;
  ratchet_tree: string | null;
  initial_epoch_authenticator: string;
  epochs: { proposals: string[]; commit: string; epoch_authenticator: string }[];
}

function parts(vector: Passive): {
  welcome: Extract<MLSMessage, { wireformat: "mls_welcome" }>["welcome"];
  keyPackage: KeyPackage;
  privatePackage: { initPrivateKey: Uint8Array; hpkePrivateKey: Uint8Array; signaturePrivateKey: Uint8Array };
} {
  return {
    welcome: message(vector.welcome, "mls_welcome").welcome,
    keyPackage: message(vector.key_package, "mls_key_package").keyPackage,
    privatePackage: {
      initPrivateKey: hex(vector.init_priv),
      hpkePrivateKey: hex(vector.encryption_priv),
      signaturePrivateKey: hex(vector.signature_priv),
    },
  };
}

const psksOf = ({ external_psks }: Passive): Record<string, Uint8Array> =>
  Object.fromEntries(external_psks.map(({ psk_id, psk }) => [Buffer.from(psk_id, "hex").toString("base64"), hex(psk)]));

async function joined(vector: Passive): Promise<ClientState> {
  const { welcome, keyPackage, privatePackage } = parts(vector);
  const tree = vector.ratchet_tree ? decoded(decodeRatchetTree(hex(vector.ratchet_tree), 0)) : undefined;
  const psks = makePskIndex(undefined, psksOf(vector));
  return joinGroup(welcome, keyPackage, privatePackage, psks, await suite, tree, undefined, config);
}

async function follow(start: ClientState, vector: Passive): Promise<ClientState> {
  let state = start;
  const step = async (text: string): Promise<void> => {
    const found = decoded(decodeMlsMessage(hex(text), 0)) as Parameters<typeof processMessage>[0];
    const result = await processMessage(found, state, makePskIndex(state, psksOf(vector)), acceptAll, await suite);
    if (result.kind !== "newState") throw new Error("an application message");
    state = result.newState;
  };
  for (const { proposals, commit, epoch_authenticator } of vector.epochs) {
    for (const proposal of proposals) await step(proposal);
    await step(commit);
    expect(toHex(state.keySchedule.epochAuthenticator)).toBe(epoch_authenticator);
  }
  return state;
}

describe("passive client", () => {
  const welcomes = load<Passive>("passive-client-welcome");

  it.each(welcomes)("joins: welcome $at", async (vector) => {
    const state = await joined(vector);
    expect(toHex(state.keySchedule.epochAuthenticator)).toBe(vector.initial_epoch_authenticator);
  });

  it.each(load<Passive>("passive-client-handling-commit"))("follows commits: $at", async (vector) => {
    const state = await joined(vector);
    expect(toHex(state.keySchedule.epochAuthenticator)).toBe(vector.initial_epoch_authenticator);
    expect(vector.epochs.length).toBeGreaterThan(0);
    await follow(state, vector);
  });

  const ours = welcomes.filter(({ external_psks, ratchet_tree }) => external_psks.length === 0 && ratchet_tree === null);

  it("has Welcomes of the kind we use", () => expect(ours.length).toBeGreaterThan(0));

  it.each(ours)("joins by our own verification too: welcome $at", async (vector) => {
    const { welcome, keyPackage, privatePackage } = parts(vector);
    const groupId = (await joined(vector)).groupContext.groupId;
    const { state } = await enter(welcome, { keyPackage, privatePackage }, groupId, config, await suite);
    expect(toHex(state.keySchedule.epochAuthenticator)).toBe(vector.initial_epoch_authenticator);
  });
});

interface TreeVector {
  tree: string;
  group_id: string;
  tree_hashes: string[];
  resolutions: number[][];
}

describe("trees", () => {
  const vectors = load<TreeVector>("tree-validation");

  const check = async (tree: RatchetTree, vector: TreeVector): Promise<void> => {
    const { hash } = await suite;
    await verifyTree(tree, {
      groupId: hex(vector.group_id),
      treeHash: await treeHashRoot(tree, hash),
      suite: await suite,
      credential: async () => {},
    });
  };

  it.each(vectors)("are hashed, resolved and verified: $at", async (vector) => {
    const { hash } = await suite;
    const tree = decoded(decodeRatchetTree(hex(vector.tree), 0));
    expect(tree.length).toBe(vector.tree_hashes.length);
    for (const [at, wanted] of vector.tree_hashes.entries()) {
      expect(toHex(await treeHash(tree, toNodeIndex(at), hash))).toBe(wanted);
      expect(resolution(tree, toNodeIndex(at))).toEqual(vector.resolutions[at]);
    }
    await check(tree, vector);
  });

  it("are refused when any parent's hash, key or unmerged leaf is changed", async () => {
    let changed = 0;
    for (const vector of vectors.filter(({ tree }) => tree.length < 4_000)) {
      const tree = decoded(decodeRatchetTree(hex(vector.tree), 0));
      for (const spoiled of spoil(tree)) {
        changed++;
        await expect(check(spoiled, vector)).rejects.toBeInstanceOf(MlsError);
      }
    }
    expect(changed).toBeGreaterThan(20);
  });

  it.each(load<{ proposal: string; proposal_sender: number; tree_before: string; tree_after: string; tree_hash_after: string }>("tree-operations"))(
    "take proposals: $at",
    async (vector) => {
      const tree = decoded(decodeRatchetTree(hex(vector.tree_before), 0));
      const proposal = decoded(decodeProposal(hex(vector.proposal), 0));
      const after =
        proposal.proposalType === "add" && "add" in proposal
          ? addLeafNode(tree, proposal.add.keyPackage.leafNode)[0]
          : "remove" in proposal
            ? removeLeafNode(tree, toLeafIndex(proposal.remove.removed))
            : "update" in proposal
              ? updateLeafNode(tree, proposal.update.leafNode, toLeafIndex(vector.proposal_sender))
              : null;
      if (!after) throw new Error("another proposal");
      expect(toHex(encodeRatchetTree(after))).toBe(vector.tree_after);
      expect(toHex(await treeHashRoot(after, (await suite).hash))).toBe(vector.tree_hash_after);
    },
  );
});

function spoil(tree: RatchetTree): RatchetTree[] {
  const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 3 ? byte ^ 1 : byte));
  return tree.flatMap((node, at): RatchetTree[] => {
    if (node?.nodeType !== "parent") return [];
    const { parent } = node;
    const others = [
      { ...parent, hpkePublicKey: flip(parent.hpkePublicKey) },
      { ...parent, unmergedLeaves: [...parent.unmergedLeaves, tree.length] },
      ...(parent.parentHash.length > 0 ? [{ ...parent, parentHash: flip(parent.parentHash) }] : []),
      ...(parent.unmergedLeaves.length > 0 ? [{ ...parent, unmergedLeaves: [] }] : []),
    ];
    return others.map((other) => tree.with(at, { nodeType: "parent", parent: other }));
  });
}

interface Protection {
  group_id: string;
  epoch: number;
  tree_hash: string;
  confirmed_transcript_hash: string;
  signature_priv: string;
  signature_pub: string;
  encryption_secret: string;
  sender_data_secret: string;
  membership_key: string;
  proposal: string;
  proposal_priv: string;
  proposal_pub: string;
  application: string;
  application_priv: string;
}

describe("message protection", () => {
  const retention = { retainKeysForGenerations: 10, retainKeysForEpochs: 4, maximumForwardRatchetSteps: 20 };

  it.each(load<Protection>("message-protection"))("$at", async (vector) => {
    const impl = await suite;
    const context = {
      version: "mls10" as const,
      cipherSuite: impl.name,
      groupId: hex(vector.group_id),
      epoch: BigInt(vector.epoch),
      treeHash: hex(vector.tree_hash),
      confirmedTranscriptHash: hex(vector.confirmed_transcript_hash),
      extensions: [],
    };
    const leaf = { nodeType: "leaf", leaf: { signaturePublicKey: hex(vector.signature_pub) } } as RatchetTree[number];
    const tree: RatchetTree = [leaf, undefined, leaf];
    const secrets = await createSecretTree(2, hex(vector.encryption_secret), impl.kdf);
    const open = (text: string) =>
      unprotectPrivateMessage(
        hex(vector.sender_data_secret),
        message(text, "mls_private_message").privateMessage,
        secrets,
        tree,
        context,
        retention,
        impl,
        hex(vector.signature_pub),
      );
    const application = (await open(vector.application_priv)).content.content;
    if (application.contentType !== "application") throw new Error("not an application message");
    expect(toHex(application.applicationData)).toBe(vector.application);

    const proposal = (await open(vector.proposal_priv)).content.content;
    if (proposal.contentType !== "proposal") throw new Error("not a proposal");
    expect(toHex(encodeProposal(proposal.proposal))).toBe(vector.proposal);

    const { publicMessage } = message(vector.proposal_pub, "mls_public_message");
    const membership = hex(vector.membership_key);
    await unprotectPublicMessage(membership, context, tree, publicMessage, impl, hex(vector.signature_pub));
    await expect(
      unprotectPublicMessage(membership.toReversed(), context, tree, publicMessage, impl, hex(vector.signature_pub)),
    ).rejects.toThrow("membership");

    const sealed = await protectApplicationData(
      hex(vector.signature_priv),
      hex(vector.sender_data_secret),
      hex(vector.application),
      new Uint8Array(),
      context,
      secrets,
      1,
      config.paddingConfig,
      impl,
    );
    expect(sealed.privateMessage.ciphertext.length).toBeGreaterThan(0);
  });
});

interface SecretTreeVector {
  encryption_secret: string;
  sender_data: { sender_data_secret: string; ciphertext: string; key: string; nonce: string };
  leaves: { generation: number; handshake_key: string; handshake_nonce: string; application_key: string; application_nonce: string }[][];
}

describe("secret tree", () => {
  it.each(load<SecretTreeVector>("secret-tree"))("$at", async ({ encryption_secret, sender_data, leaves }) => {
    const impl = await suite;
    const [secret, ciphertext] = [hex(sender_data.sender_data_secret), hex(sender_data.ciphertext)];
    expect(toHex(await expandSenderDataKey(impl, secret, ciphertext))).toBe(sender_data.key);
    expect(toHex(await expandSenderDataNonce(impl, secret, ciphertext))).toBe(sender_data.nonce);
    const tree = await createSecretTree(leaves.length, hex(encryption_secret), impl.kdf);
    const retention = { retainKeysForGenerations: 10, retainKeysForEpochs: 4, maximumForwardRatchetSteps: 1_000 };
    for (const [leaf, generations] of leaves.entries()) {
      const node = tree[leafToNodeIndex(toLeafIndex(leaf))];
      if (!node) throw new Error("no node");
      for (const wanted of generations) {
        for (const kind of ["application", "handshake"] as const) {
          const [{ secret: at }] = await ratchetUntil(node[kind], wanted.generation, retention, impl.kdf);
          expect(toHex(await deriveKey(at, wanted.generation, impl))).toBe(wanted[`${kind}_key`]);
          expect(toHex(await deriveNonce(at, wanted.generation, impl))).toBe(wanted[`${kind}_nonce`]);
        }
      }
    }
  });
});
