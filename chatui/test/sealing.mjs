// Seals like the hub does (Go package seal), for the mock server. Not for use.
import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign, createCipheriv } from "node:crypto";
import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";

const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const labels = {
  info: "wardline/envelope/v1\0",
  content: "wardline/envelope/content/v1\0",
  signature: "wardline/envelope/signature/v1\0",
  row: "wardline/envelope/row/v1\0",
  kek: "wardline/envelope/kek/v1",
};
const buffer = (text) => new TextEncoder().encode(text).buffer;
const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts.map((p) => Buffer.from(p)))).digest();

function gcm(key, nonce, aad, plain) {
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(aad);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

export class Hub {
  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    this.key = createPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" }));
    this.publicKey = Buffer.from(publicKey.export({ format: "jwk" }).x, "base64url");
    this.keks = new Map();
  }

  async #kek(device) {
    const found = this.keks.get(device.id);
    if (found) return found;
    const bytes = new Uint8Array(device.kem).buffer;
    const recipientPublicKey = await suite.kem.deserializePublicKey(bytes);
    const sender = await suite.createSenderContext({ recipientPublicKey, info: buffer(labels.info + device.id) });
    const key = Buffer.from(await sender.export(buffer(labels.kek), 32));
    const made = { id: randomBytes(8), enc: Buffer.from(sender.enc), key };
    this.keks.set(device.id, made);
    return made;
  }

  /** seal gives one envelope and a row for each device. */
  async seal(context, content, devices, spoil = false) {
    const id = randomBytes(16);
    const contentKey = randomBytes(32);
    const plain = Buffer.from(content);
    const ctx = Buffer.from(context);
    const head = Buffer.alloc(80 + ctx.length);
    head[0] = 1;
    head[1] = 1;
    id.copy(head, 2);
    sha256(this.publicKey).copy(head, 18, 0, 8);
    head.writeBigUInt64BE(BigInt(Date.now()), 26);
    head.writeBigUInt64BE(BigInt(Date.now() + 3_600_000), 34);
    sha256(labels.content, id, contentKey).copy(head, 42);
    if (spoil) head[42] ^= 1;
    head.writeUInt16BE(ctx.length, 74);
    ctx.copy(head, 76);
    head.writeUInt32BE(plain.length + 16, 76 + ctx.length);
    const cipher = gcm(contentKey, Buffer.alloc(12), head, plain);
    const signature = sign(null, Buffer.concat([Buffer.from(labels.signature), head, sha256(cipher)]), this.key);
    const rows = new Map();
    for (const device of devices) {
      const kek = await this.#kek(device);
      const nonce = randomBytes(12);
      const aad = Buffer.concat([Buffer.from(labels.row), id, kek.id, Buffer.from(device.id)]);
      rows.set(device.id, { kek: kek.id, enc: kek.enc, row: Buffer.concat([nonce, gcm(kek.key, nonce, aad, contentKey)]) });
    }
    return { body: Buffer.concat([head, cipher, signature]), rows };
  }
}
