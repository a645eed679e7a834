import { utf8, type Bytes } from "../seal/bytes.ts";
import type { Database, Sealed } from "./schema.ts";

const keyName = "vault";

/**
 * Vault seals what is kept in the browser under a key that script can use but
 * not read. It protects a copied browser profile's files only as far as the
 * browser protects its key store; it is no replacement for a locked screen.
 */
export class Vault {
  #key: CryptoKey;

  constructor(key: CryptoKey) {
    this.#key = key;
  }

  /** seal binds the record to its place, so that two records cannot be swapped. */
  async seal(place: string, plain: Bytes): Promise<Sealed> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const data = await crypto.subtle.encrypt(this.#how(place, iv), this.#key, plain);
    return { iv, data: new Uint8Array(data) };
  }

  async open(place: string, { iv, data }: Sealed): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.decrypt(this.#how(place, iv), this.#key, data));
  }

  #how(place: string, iv: Bytes): AesGcmParams {
    return { name: "AES-GCM", iv, additionalData: utf8(place) };
  }
}

export function newVaultKey(): Promise<CryptoKey> {
  const algorithm = { name: "AES-GCM", length: 256 };
  return crypto.subtle.generateKey(algorithm, false, ["encrypt", "decrypt"]);
}

/** openVault makes the key at its first use. Two tabs at once end with the same key. */
export async function openVault(database: Database): Promise<Vault> {
  const found = await database.get("keys", keyName);
  if (found) return new Vault(found);
  const fresh = await newVaultKey();
  const change = database.transaction("keys", "readwrite", { durability: "strict" });
  const other = await change.store.get(keyName);
  if (!other) await change.store.put(fresh, keyName);
  await change.done;
  return new Vault(other ?? fresh);
}
