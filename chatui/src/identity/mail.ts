import { concat, utf8, type Bytes } from "../seal/bytes.ts";
import { importKem, suite } from "../seal/keys.ts";
import { sign, verify } from "./ed25519.ts";
import { readJson } from "./text.ts";

export type MailKind = "handover" | "claim" | "history" | "ask" | "give";

/** Letter is one mail between devices; what is in `body` its kind decides. */
export interface Letter {
  readonly kind: MailKind;
  readonly from: string;
  readonly to: string;
  /** ISO time, the sender's. */
  readonly at: string;
  readonly body: unknown;
}

/** Of the sealed mail. */
export const mailLimit = 384 * 1024;

export class MailError extends Error {
  readonly fault: "format" | "sealed" | "signature" | "sender" | "too_large";

  constructor(fault: MailError["fault"]) {
    super(`mail refused: ${fault}`);
    this.name = "MailError";
    this.fault = fault;
  }
}

const label = "wardline mail v1\0";
const encBytes = 1_120;
const tagBytes = 16;
const signatureBytes = 64;

function infoOf(to: string): ArrayBuffer {
  return utf8(label + to).buffer;
}

/** sealLetter throws MailError too_large above 384 KiB. `signPrivate` is this device's key: PKCS #8 or seed. */
export async function sealLetter(letter: Letter, signPrivate: Bytes, toKem: Bytes): Promise<Bytes> {
  const { kind, from, to, at, body } = letter;
  const json = utf8(JSON.stringify({ v: 1, kind, from, to, at, body }));
  if (encBytes + json.length + signatureBytes + tagBytes > mailLimit) throw new MailError("too_large");
  const plain = concat(json, await sign(signPrivate, utf8(label), json));
  const recipientPublicKey = await suite.kem.deserializePublicKey(toKem.slice().buffer);
  const { enc, ct } = await suite.seal({ recipientPublicKey, info: infoOf(to) }, plain.buffer);
  return concat(new Uint8Array(enc), new Uint8Array(ct));
}

/**
 * openLetter: `from` is the device the hub names, `sign` that device's signature key from the verified log (for a
 * claim: the key the hub has of the pending device, which the claim's MAC then proves).
 */
export async function openLetter(
  bytes: Bytes,
  me: { readonly device: string; readonly kemPrivate: Bytes },
  from: { readonly device: string; readonly sign: Bytes },
): Promise<Letter> {
  if (bytes.length > mailLimit) throw new MailError("too_large");
  if (bytes.length < encBytes + tagBytes + signatureBytes) throw new MailError("format");
  const plain = await unseal(bytes, me);
  const json = plain.slice(0, -signatureBytes);
  if (!(await verify(from.sign, plain.slice(-signatureBytes), utf8(label), json))) throw new MailError("signature");
  const letter = readLetter(json);
  if (letter.from !== from.device || letter.to !== me.device) throw new MailError("sender");
  return letter;
}

async function unseal(bytes: Bytes, me: { readonly device: string; readonly kemPrivate: Bytes }): Promise<Bytes> {
  try {
    const recipientKey = await importKem(me.kemPrivate);
    const enc = bytes.slice(0, encBytes).buffer;
    return new Uint8Array(await suite.open({ recipientKey, enc, info: infoOf(me.device) }, bytes.slice(encBytes).buffer));
  } catch {
    throw new MailError("sealed");
  }
}

const kinds = new Set<unknown>(["handover", "claim", "history", "ask", "give"] satisfies MailKind[]);

function readLetter(json: Bytes): Letter {
  const { v, kind, from, to, at, body } = readJson(json) ?? {};
  const good = v === 1 && kinds.has(kind) && [from, to, at].every((one) => typeof one === "string");
  if (!good || typeof body !== "object" || body === null) throw new MailError("format");
  return { kind, from, to, at, body } as Letter;
}
