import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import type { Bytes } from "./bytes.ts";

/** suite is HPKE base mode with X-Wing (0x647a), HKDF-SHA256 and AES-256-GCM. */
export const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

export interface KeyHalves {
  publicKey: Bytes;
  /** X-Wing: the 32-byte seed. Ed25519: PKCS #8. */
  privateKey: Bytes;
}

export async function generateKem(): Promise<KeyHalves> {
  const pair = await suite.kem.generateKeyPair();
  const [publicKey, privateKey] = await Promise.all([
    suite.kem.serializePublicKey(pair.publicKey),
    suite.kem.serializePrivateKey(pair.privateKey),
  ]);
  return { publicKey: new Uint8Array(publicKey), privateKey: new Uint8Array(privateKey) };
}

/**
 * importKem takes the 32-byte seed; the key cannot be exported again. The library
 * keeps the very bytes it is given, so it gets a copy: callers wipe theirs.
 */
export function importKem(seed: Bytes): Promise<CryptoKey> {
  return suite.kem.importKey("raw", seed.slice().buffer, false);
}

export async function generateSign(): Promise<KeyHalves> {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const [publicKey, privateKey] = await Promise.all([
    crypto.subtle.exportKey("raw", pair.publicKey),
    crypto.subtle.exportKey("pkcs8", pair.privateKey),
  ]);
  return { publicKey: new Uint8Array(publicKey), privateKey: new Uint8Array(privateKey) };
}

export function importVerify(publicKey: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
}
