import {
  decryptSenderData,
  leafToNodeIndex,
  protectApplicationData,
  toLeafIndex,
  unprotectPrivateMessage,
  type ClientState,
  type PrivateMessage,
} from "./lib.ts";
import { equal, utf8, type Bytes } from "../seal/bytes.ts";
import type { Leaf, Who } from "./leaf.ts";
import { MlsError, refusing } from "./mlsError.ts";
import { groupIdOf, Group, leavesIn } from "./state.ts";
import { suite } from "./suite.ts";
import { decodeWire, encodeWire } from "./wire.ts";

/** Header is what the hub says of an item; the message itself must agree. */
export interface Header extends Who {
  readonly room: string;
  readonly id: string;
}

export interface Opened {
  readonly group: Group;
  readonly payload: Bytes;
  readonly sender: Leaf;
  readonly epoch: number;
}

const padTo = 256;
const signatureBytes = 64 + 2;
const maxBody = 60 * 1024;

function aadOf(room: string, id: string): Bytes {
  return utf8(`${room}/${id}`);
}

/** sealMessage encrypts for the item `id`. Store the group it returns before sending the body. */
export async function sealMessage(
  group: Group,
  payload: Bytes,
  id: string,
): Promise<{ group: Group; body: Bytes; epoch: number }> {
  if (group.removed) throw new MlsError("commit", "removed from the group");
  const { state } = group;
  const { privateMessage, newSecretTree } = await protectApplicationData(
    state.signaturePrivateKey,
    state.keySchedule.senderDataSecret,
    payload,
    aadOf(group.room, id),
    state.groupContext,
    state.secretTree,
    state.privatePath.leafIndex,
    { kind: "alwaysPad", paddingLength: paddingFor(payload.length) },
    await suite,
  );
  const body = encodeWire({ version: "mls10", wireformat: "mls_private_message", privateMessage });
  if (body.length > maxBody) throw new RangeError("message too large");
  return { group: new Group({ ...state, secretTree: newSecretTree }), body, epoch: group.epoch };
}

// What is padded is the payload with its length (RFC 9420 section 2.1.2) and the signature with its own.
function paddingFor(payload: number): number {
  const length = payload < 64 ? 1 : payload < 16_384 ? 2 : 4;
  return (padTo - ((length + payload + signatureBytes) % padTo)) % padTo;
}

/** openMessage decrypts an item of another device. */
export async function openMessage(group: Group, body: Bytes, header: Header): Promise<Opened> {
  const { privateMessage } = decodeWire(body, "mls_private_message");
  checkFrame(group, privateMessage, header);
  const from = epochData(group.state, privateMessage.epoch);
  return refusing("signature", async () => {
    const sender = await senderOf(group, from, privateMessage);
    const { keyRetentionConfig } = group.state.clientConfig;
    const { content, tree } = await unprotectPrivateMessage(
      from.senderDataSecret,
      privateMessage,
      from.secretTree,
      from.ratchetTree,
      from.groupContext,
      keyRetentionConfig,
      await suite,
    );
    // The hub cannot forge a message, but it can say that another wrote it.
    if (sender.user !== header.user || sender.device !== header.device) throw new MlsError("signature", "sender");
    if (content.content.contentType !== "application") throw new MlsError("format", "content");
    const payload = content.content.applicationData.slice() as Bytes;
    const next = new Group(withSecrets(group.state, privateMessage.epoch, tree));
    return { group: next, payload, sender, epoch: Number(privateMessage.epoch) };
  });
}

function checkFrame(group: Group, message: PrivateMessage, { room, id }: Header): void {
  if (message.contentType !== "application") throw new MlsError("format", "not an application message");
  const here = room === group.room && equal(message.groupId, groupIdOf(room));
  if (!here || !equal(message.authenticatedData, aadOf(room, id))) throw new MlsError("aad", "another room or item");
}

type Secrets = Pick<ClientState, "secretTree" | "ratchetTree" | "groupContext"> & { senderDataSecret: Uint8Array };

function epochData(state: ClientState, epoch: bigint): Secrets {
  if (epoch === state.groupContext.epoch) return { ...state, senderDataSecret: state.keySchedule.senderDataSecret };
  const past = state.historicalReceiverData.get(epoch);
  if (!past) throw new MlsError("epoch", epoch > state.groupContext.epoch ? "in the future" : "too old");
  return past;
}

function withSecrets(state: ClientState, epoch: bigint, secretTree: ClientState["secretTree"]): ClientState {
  const past = state.historicalReceiverData.get(epoch);
  if (!past) return { ...state, secretTree };
  const historicalReceiverData = new Map(state.historicalReceiverData).set(epoch, { ...past, secretTree });
  return { ...state, historicalReceiverData };
}

/** Tells the sender, and refuses a generation that is used up or absurdly far ahead. */
async function senderOf(group: Group, from: Secrets, message: PrivateMessage): Promise<Leaf> {
  const data = await decryptSenderData(message, from.senderDataSecret, await suite);
  const sender = data && leavesIn(from.ratchetTree).find(({ index }) => index === data.leafIndex);
  if (!sender) throw new MlsError("format", "sender data");
  if (sender.index === group.leaf) throw new MlsError("replay", "own message");
  const ratchet = from.secretTree[leafToNodeIndex(toLeafIndex(sender.index))]?.application;
  if (!ratchet) throw new MlsError("format", "sender data");
  const used = data.generation < ratchet.generation && !(data.generation in ratchet.unusedGenerations);
  if (used) throw new MlsError("replay", "generation used");
  const ahead = data.generation - ratchet.generation;
  const { maximumForwardRatchetSteps } = group.state.clientConfig.keyRetentionConfig;
  if (ahead > maximumForwardRatchetSteps) throw new MlsError("generation", "too far ahead");
  return sender;
}
