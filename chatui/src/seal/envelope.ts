import { concat, utf8, type Bytes } from "./bytes.ts";

// The format is documented in the Go package seal (doc.go); both sides test the
// same vectors. All integers are big-endian.

/** Labels separate the uses of hashes, keys and signatures; each ends in 0x00. */
export const labels = {
  info: "wardline/envelope/v1\0",
  content: "wardline/envelope/content/v1\0",
  signature: "wardline/envelope/signature/v1\0",
  row: "wardline/envelope/row/v1\0",
  kek: "wardline/envelope/kek/v1",
} as const;

export type SealFault =
  /** No envelope or row of this version. */
  | "format"
  /** Not written by this hub, or not like this. */
  | "signature"
  /** Genuine, but too late to act upon. */
  | "expired"
  /** The row is another device's, another envelope's, or changed. */
  | "sealed";

export class SealError extends Error {
  readonly fault: SealFault;

  constructor(fault: SealFault) {
    super(`envelope refused: ${fault}`);
    this.name = "SealError";
    this.fault = fault;
  }
}

/** Header is what an envelope says readably; it is trusted only after the signature. */
export interface Header {
  readonly kind: number;
  readonly id: Bytes;
  /** Epoch ms. */
  readonly created: number;
  /** Epoch ms; no alarm is raised later. */
  readonly expires: number;
  readonly context: Bytes;
}

export interface Parts {
  readonly header: Header;
  readonly sender: Bytes;
  readonly commitment: Bytes;
  /** Everything before the ciphertext: the content's AAD. */
  readonly head: Bytes;
  readonly cipher: Bytes;
  readonly signature: Bytes;
}

const at = { kind: 1, id: 2, sender: 18, created: 26, expires: 34, commitment: 42, contextLength: 74, context: 76 };
const fixedHead = 80;
const tag = 16;
const signatureBytes = 64;
const maxContext = 4_096;
const maxCipher = 65_536;

function millis(view: DataView, offset: number): number {
  const value = view.getBigUint64(offset);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new SealError("format");
  return Number(value);
}

/**
 * split takes an envelope apart without verifying anything. The lengths must
 * use up all bytes: nothing unsigned can follow.
 */
export function split(envelope: Bytes): Parts {
  if (envelope.length < fixedHead + tag + signatureBytes || envelope[0] !== 1) throw new SealError("format");
  const view = new DataView(envelope.buffer, envelope.byteOffset, envelope.byteLength);
  const context = view.getUint16(at.contextLength);
  const head = fixedHead + context;
  if (context > maxContext || envelope.length < head) throw new SealError("format");
  const cipher = view.getUint32(head - 4);
  const whole = head + cipher + signatureBytes;
  if (cipher < tag || cipher > maxCipher || envelope.length !== whole) throw new SealError("format");
  return {
    header: {
      kind: view.getUint8(at.kind),
      id: envelope.slice(at.id, at.sender),
      created: millis(view, at.created),
      expires: millis(view, at.expires),
      context: envelope.slice(at.context, head - 4),
    },
    sender: envelope.slice(at.sender, at.created),
    commitment: envelope.slice(at.commitment, at.contextLength),
    head: envelope.slice(0, head),
    cipher: envelope.slice(head, head + cipher),
    signature: envelope.slice(head + cipher),
  };
}

export async function sha256(...parts: readonly Uint8Array[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));
}

/** signedBytes is what the signature covers: short, whatever the content's length. */
export async function signedBytes(head: Bytes, cipher: Bytes): Promise<Bytes> {
  return concat(utf8(labels.signature), head, await sha256(cipher));
}

export function commitmentOf(id: Bytes, contentKey: Bytes): Promise<Bytes> {
  return sha256(utf8(labels.content), id, contentKey);
}

export function rowContext(id: Bytes, kek: Bytes, device: string): Bytes {
  return concat(utf8(labels.row), id, kek, utf8(device));
}

/** senderOf is how an envelope names the key it is signed with. */
export async function senderOf(publicKey: Bytes): Promise<Bytes> {
  return (await sha256(publicKey)).slice(0, 8);
}
