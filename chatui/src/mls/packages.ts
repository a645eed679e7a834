import {
  encodeKeyPackage,
  generateKeyPackageWithKey,
  makeKeyPackageRef,
  verifyKeyPackage,
  verifyLeafNodeSignatureKeyPackage,
  type KeyPackage,
} from "./lib.ts";
import { concat, type Bytes } from "../seal/bytes.ts";
import { encodeIdentity, type Identity, type Self } from "./leaf.ts";
import { MlsError, refusing } from "./mlsError.ts";
import { identityOf, packageLife, suite, suiteName } from "./suite.ts";
import type { Entry } from "./welcome.ts";
import { decodePackage, decodeWire, encodeWire } from "./wire.ts";

/** NewPackage is a key package just made. */
export interface NewPackage {
  /** Hex of the KeyPackageRef (RFC 9420 section 5.2): the key to store `secret` under. */
  readonly ref: string;
  /** For the hub: MLSMessage with a KeyPackage. */
  readonly body: Bytes;
  /** For this device's store only: what join needs, private keys included. */
  readonly secret: Bytes;
  readonly lastResort: boolean;
  /** Epoch ms. Forget the secret some time after. */
  readonly notAfter: number;
}

/** PackageFacts is what a verified key package says. */
export interface PackageFacts extends Identity {
  readonly ref: string;
  readonly sign: Bytes;
  readonly lastResort: boolean;
  readonly notAfter: number;
}

/** draft-ietf-mls-extensions: this package may be used more than once. */
const lastResortExtension = 0x000a;
/** Seconds that another device's clock may be behind this one's. */
const clockSkew = 3_600;
const keyBytes = 32;

/** newKeyPackages makes `count` packages of this device, valid for 28 days. */
export function newKeyPackages(self: Self, count: number, lastResort: boolean): Promise<NewPackage[]> {
  return Promise.all(Array.from({ length: count }, () => newPackage(self, lastResort)));
}

async function newPackage(self: Self, lastResort: boolean): Promise<NewPackage> {
  const { keyPackage, privatePackage } = await makeEntry(self, lastResort);
  return {
    ref: await refOf(keyPackage),
    body: encodeWire({ version: "mls10", wireformat: "mls_key_package", keyPackage }),
    secret: concat(privatePackage.initPrivateKey, privatePackage.hpkePrivateKey, encodeKeyPackage(keyPackage)),
    lastResort,
    notAfter: notAfterOf(keyPackage),
  };
}

export async function makeEntry(self: Self, lastResort: boolean): Promise<Entry> {
  const now = Math.floor(Date.now() / 1_000);
  const { publicPackage, privatePackage } = await generateKeyPackageWithKey(
    { credentialType: "basic", identity: encodeIdentity(self) },
    { versions: ["mls10"], ciphersuites: [suiteName], extensions: [lastResortExtension], proposals: [], credentials: ["basic"] },
    { notBefore: BigInt(now - clockSkew), notAfter: BigInt(now - clockSkew + packageLife) },
    lastResort ? [{ extensionType: lastResortExtension, extensionData: new Uint8Array() }] : [],
    { signKey: seedOf(self), publicKey: self.sign },
    await suite,
  );
  return { keyPackage: publicPackage, privatePackage };
}

/** readEntry takes a stored secret; the signature key is not in it but this device's. */
export async function readEntry(secret: Bytes, self: Self): Promise<Entry> {
  const keyPackage = decodePackage(secret.slice(2 * keyBytes));
  const [initPrivateKey, hpkePrivateKey] = [secret.slice(0, keyBytes), secret.slice(keyBytes, 2 * keyBytes)];
  return { keyPackage, privatePackage: { initPrivateKey, hpkePrivateKey, signaturePrivateKey: seedOf(self) } };
}

// The seed ends the PKCS #8 of an Ed25519 key (RFC 8410 section 7).
function seedOf({ signPrivate }: Self): Bytes {
  return signPrivate.slice(-keyBytes);
}

/** readKeyPackage verifies a package's form, suite and signatures; it does not ask whether the device is certified. */
export function readKeyPackage(body: Bytes): Promise<PackageFacts> {
  return refusing("format", async () => {
    const keyPackage = decodePackage(body);
    const identity = identityOf(keyPackage.leafNode.credential);
    if (!identity) throw new MlsError("format", "identity");
    await verify(keyPackage);
    return {
      ...identity,
      ref: await refOf(keyPackage),
      sign: keyPackage.leafNode.signaturePublicKey as Bytes,
      lastResort: isLastResort(keyPackage),
      notAfter: notAfterOf(keyPackage),
    };
  });
}

async function verify(keyPackage: KeyPackage): Promise<void> {
  const { signature } = await suite;
  const good =
    (await verifyKeyPackage(keyPackage, signature)) &&
    (await verifyLeafNodeSignatureKeyPackage(keyPackage.leafNode, signature));
  if (!good) throw new MlsError("signature", "key package");
}

export function isLastResort({ extensions }: KeyPackage): boolean {
  return extensions.some(({ extensionType }) => extensionType === lastResortExtension);
}

/** refsOf tells which packages a Welcome is for. */
export function refsOf(welcome: Bytes): string[] {
  return decodeWire(welcome, "mls_welcome").welcome.secrets.map(({ newMember }) => hex(newMember));
}

async function refOf(keyPackage: KeyPackage): Promise<string> {
  return hex(await makeKeyPackageRef(keyPackage, (await suite).hash));
}

function notAfterOf({ leafNode }: KeyPackage): number {
  const seconds = leafNode.leafNodeSource === "key_package" ? leafNode.lifetime.notAfter : 0n;
  return Number(seconds) * 1_000;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
