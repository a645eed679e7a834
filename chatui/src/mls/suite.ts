import {
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  type CiphersuiteImpl,
  type ClientConfig,
  type Credential,
} from "./lib.ts";
import { parseIdentity, type Certified, type Identity } from "./leaf.ts";
import { elsewhere, MlsError } from "./mlsError.ts";
import { equal } from "../seal/bytes.ts";

export const suiteName = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";
export const maxLeaves = 256;
/** 28 days, in seconds. */
export const packageLife = 28 * 86_400;

/** suite is cipher suite 1 over WebCrypto, which has to know Ed25519 and X25519. */
export const suite: Promise<CiphersuiteImpl> = getCiphersuiteImpl(getCiphersuiteFromName(suiteName));

/** identityOf gives null for anything but a basic credential of our form. */
export function identityOf(credential: Credential): Identity | null {
  return credential.credentialType === "basic" ? parseIdentity(credential.identity) : null;
}

/** Checked decides about one leaf: throws MlsError commit when nobody may believe it. */
export type Checked = (identity: Identity, sign: Uint8Array) => Promise<void>;

/**
 * believe asks the device logs. A device that is certified no more is still believed: log and room have no
 * common clock, and its leaf stands in the tree until the recorder has removed it. Nobody adds it any more.
 */
export function believe(certified: Certified, current = false): Checked {
  return async ({ user, device }, sign) => {
    const known = await elsewhere(() => certified(user, device));
    if (!known) throw new MlsError("commit", "uncertified");
    if (!equal(known.sign, sign)) throw new MlsError("commit", "other key");
    if (current && known.revoked) throw new MlsError("commit", "revoked");
  };
}

/**
 * configOf overrides what ts-mls leaves open: it would skip 200 messages of a sender at most, keep 4 epochs and
 * believe every credential. Padding is set for each message, and lifetimes are looked at when
 * packages are added, not when an old commit is read.
 */
export function configOf(clinic: string, check: Checked): ClientConfig {
  return {
    keyRetentionConfig: { retainKeysForGenerations: 64, retainKeysForEpochs: 8, maximumForwardRatchetSteps: 5_000 },
    lifetimeConfig: { maximumTotalLifetime: BigInt(packageLife), validateLifetimeOnReceive: false },
    keyPackageEqualityConfig: {
      compareKeyPackages: (a, b) => equal(a.leafNode.signaturePublicKey, b.leafNode.signaturePublicKey),
      compareKeyPackageToLeafNode: (a, b) => equal(a.leafNode.signaturePublicKey, b.signaturePublicKey),
    },
    paddingConfig: { kind: "padUntilLength", padUntilLength: 0 },
    authService: {
      async validateCredential(credential, sign) {
        const identity = identityOf(credential);
        if (!identity || identity.clinic !== clinic) throw new MlsError("commit", "foreign identity");
        await check(identity, sign);
        return true;
      },
    },
  };
}
