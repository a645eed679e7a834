import { concat, utf8, type Bytes } from "../seal/bytes.ts";
import { sha256 } from "../seal/envelope.ts";
import { decodeBits, encodeBits, grouped, tidy } from "./crockford.ts";

/** Of a sealed chunk. */
export const chunkLimit = 256 * 1024;
/** What fits into one chunk. */
export const chunkRoom = chunkLimit - 12 - 16;

const label = "wardline backup v1\0";
const codeLabel = "wardline recovery code v1\0";
const codeBytes = 16;
const checkBits = 12;
const ivBytes = 12;

/** newRecoveryCode gives the text to print: 7 groups of 4 letters, 128 bits and a checksum of 12. */
export function newRecoveryCode(): Promise<string> {
  return printCode(crypto.getRandomValues(new Uint8Array(codeBytes)));
}

export async function printCode(code: Bytes): Promise<string> {
  const checked = concat(code, await sha256(utf8(codeLabel), code));
  return grouped(encodeBits(checked, codeBytes * 8 + checkBits));
}

/** readRecoveryCode takes what was typed (any case, spaces, o for 0, i and l for 1); null: mistyped. */
export async function readRecoveryCode(typed: string): Promise<Bytes | null> {
  const text = tidy(typed.slice(0, 200));
  if (text?.length !== (codeBytes * 8 + checkBits) / 5) return null;
  const code = decodeBits(text).slice(0, codeBytes);
  return (await printCode(code)) === grouped(text) ? code : null;
}

/** Backup seals and opens the chunks of one account under a recovery code. */
export class Backup {
  #key: CryptoKey;
  #user: string;

  private constructor(key: CryptoKey, user: string) {
    this.#key = key;
    this.#user = user;
  }

  /** open takes the 16 bytes of readRecoveryCode. */
  static async open(code: Bytes, user: string): Promise<Backup> {
    if (code.length !== codeBytes) throw new RangeError("a recovery code has 16 bytes");
    const material = await crypto.subtle.importKey("raw", code, "HKDF", false, ["deriveKey"]);
    const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(label + user) };
    const key = await crypto.subtle.deriveKey(how, material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    return new Backup(key, user);
  }

  /** sealChunk gives iv || ciphertext; RangeError above chunkRoom. */
  async sealChunk(n: number, plain: Bytes): Promise<Bytes> {
    if (plain.length > chunkRoom) throw new RangeError("chunk too large");
    const iv = crypto.getRandomValues(new Uint8Array(ivBytes));
    return concat(iv, new Uint8Array(await crypto.subtle.encrypt(this.#how(n, iv), this.#key, plain)));
  }

  /** openChunk gives null for a wrong code, another account's or another number's chunk, or a changed one. */
  async openChunk(n: number, body: Bytes): Promise<Bytes | null> {
    if (body.length > chunkLimit) return null;
    try {
      const iv = body.slice(0, ivBytes);
      return new Uint8Array(await crypto.subtle.decrypt(this.#how(n, iv), this.#key, body.slice(ivBytes)));
    } catch {
      return null;
    }
  }

  #how(n: number, iv: Bytes): AesGcmParams {
    return { name: "AES-GCM", iv, additionalData: utf8(`${this.#user}/${n}`) };
  }
}
