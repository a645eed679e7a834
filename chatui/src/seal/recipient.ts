import { equal, toBase64, utf8, type Bytes } from "./bytes.ts";
import {
  commitmentOf,
  labels,
  rowContext,
  SealError,
  senderOf,
  signedBytes,
  split,
  type Header,
  type Parts,
} from "./envelope.ts";
import { importKem, importVerify, suite } from "./keys.ts";

/** Row is this device's way into one envelope. */
export interface Row {
  kek: Bytes;
  enc: Bytes;
  wrap: Bytes;
}

export interface OpenedEnvelope {
  header: Header;
  content: Bytes;
}

interface HubKey {
  sender: Bytes;
  verify: CryptoKey;
}

const kekName = 8;
const encBytes = 1_120;
const wrapBytes = 60;
const nonce = 12;
// A hub uses one KEK per device and day: today's, yesterday's, and those of a restart.
const kept = 16;

/** Recipient opens envelopes for one device. */
export class Recipient {
  #device: string;
  #seed: CryptoKey;
  #hubs: HubKey[];
  #keks = new Map<string, Promise<CryptoKey>>();

  private constructor(device: string, seed: CryptoKey, hubs: HubKey[]) {
    this.#device = device;
    this.#seed = seed;
    this.#hubs = hubs;
  }

  /**
   * create takes the X-Wing seed (32 bytes) and the hub's Ed25519 public keys,
   * learned when the device was registered and never from a message.
   */
  static async create(device: string, seed: Bytes, hubs: readonly Bytes[]): Promise<Recipient> {
    const keys = hubs.map(async (publicKey) => ({
      sender: await senderOf(publicKey),
      verify: await importVerify(publicKey),
    }));
    return new Recipient(device, await importKem(seed), await Promise.all(keys));
  }

  /**
   * open verifies an envelope and then decrypts it; `received` (epoch ms) is when
   * the hub first handed it over. Throws a SealError and nothing else.
   */
  async open(envelope: Bytes, row: Row, received: number): Promise<OpenedEnvelope> {
    const parts = split(envelope);
    await this.#verify(parts);
    if (received > parts.header.expires) throw new SealError("expired");
    const contentKey = await this.#unwrap(parts.header.id, row);
    const named = await commitmentOf(parts.header.id, contentKey);
    if (!equal(named, parts.commitment)) throw new SealError("sealed");
    const key = await importAes(contentKey);
    const content = await decrypt(key, new Uint8Array(nonce), parts.head, parts.cipher);
    return { header: parts.header, content };
  }

  async #verify({ sender, head, cipher, signature }: Parts): Promise<void> {
    const hub = this.#hubs.find((one) => equal(one.sender, sender));
    const signed = await signedBytes(head, cipher);
    const good = hub && (await crypto.subtle.verify("Ed25519", hub.verify, signature, signed));
    if (!good) throw new SealError("signature");
  }

  async #unwrap(id: Bytes, { kek, enc, wrap }: Row): Promise<Bytes> {
    if (kek.length !== kekName || enc.length !== encBytes || wrap.length !== wrapBytes) {
      throw new SealError("format");
    }
    const key = await this.#kek(enc);
    return decrypt(key, wrap.slice(0, nonce), rowContext(id, kek, this.#device), wrap.slice(nonce));
  }

  // Decapsulation takes some 20 ms in script; a day's alerts share one.
  #kek(enc: Bytes): Promise<CryptoKey> {
    const name = toBase64(enc);
    const found = this.#keks.get(name);
    if (found) return found;
    const made = this.#decapsulate(enc);
    this.#keks.set(name, made);
    made.catch(() => this.#keks.delete(name));
    const oldest = this.#keks.keys().next();
    if (this.#keks.size > kept && !oldest.done) this.#keks.delete(oldest.value);
    return made;
  }

  async #decapsulate(enc: Bytes): Promise<CryptoKey> {
    try {
      const info = utf8(labels.info + this.#device).buffer;
      const context = await suite.createRecipientContext({ recipientKey: this.#seed, enc: enc.buffer, info });
      return await importAes(new Uint8Array(await context.export(utf8(labels.kek).buffer, 32)));
    } catch {
      throw new SealError("sealed");
    }
  }
}

function importAes(key: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
}

async function decrypt(key: CryptoKey, iv: Bytes, additionalData: Bytes, data: Bytes): Promise<Bytes> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, data));
  } catch {
    throw new SealError("sealed");
  }
}
