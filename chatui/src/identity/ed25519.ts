import { concat, type Bytes } from "../seal/bytes.ts";
import { importVerify } from "../seal/keys.ts";

// RFC 8410 section 7: a PKCS #8 of an Ed25519 key is this and the 32-byte seed.
const pkcs8Head = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);
const seedBytes = 32;

/** importSign takes the 32-byte seed or a PKCS #8. */
function importSign(key: Bytes, extractable = false): Promise<CryptoKey> {
  const pkcs8 = key.length === seedBytes ? concat(pkcs8Head, key) : key;
  return crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", extractable, ["sign"]);
}

export async function sign(key: Bytes, ...parts: readonly Uint8Array[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign("Ed25519", await importSign(key), concat(...parts)));
}

/** verify is false for a key or signature of a wrong form too. */
export async function verify(publicKey: Bytes, signature: Bytes, ...parts: readonly Uint8Array[]): Promise<boolean> {
  try {
    return await crypto.subtle.verify("Ed25519", await importVerify(publicKey), signature, concat(...parts));
  } catch {
    return false;
  }
}

/** publicOf computes the public half of a seed: WebCrypto tells it only in a JWK. */
export async function publicOf(seed: Bytes): Promise<Bytes> {
  const { x = "" } = await crypto.subtle.exportKey("jwk", await importSign(seed, true));
  return Uint8Array.from(atob(x.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}
