import { utf8, type Bytes } from "../seal/bytes.ts";

/** Who names a device of a person. */
export interface Who {
  readonly user: string;
  readonly device: string;
}

/** Identity is what an MLS credential says. */
export interface Identity extends Who {
  readonly clinic: string;
}

/** Leaf is one device in the tree. */
export interface Leaf extends Identity {
  readonly index: number;
  /** Ed25519, 32 bytes. */
  readonly sign: Bytes;
}

/** Self is this device. */
export interface Self extends Identity {
  readonly sign: Bytes;
  /** Ed25519: PKCS #8 as seal/keys.ts makes it, or the 32-byte seed. */
  readonly signPrivate: Bytes;
}

/** Certificate is what a person's device log says of one device. */
export interface Certificate {
  readonly sign: Bytes;
  /** Certified once, and no more. */
  readonly revoked: boolean;
}

/**
 * Certified looks a device up in its user's verified log; null: the log does not name it.
 * It may fetch the log first. What it throws comes out unchanged.
 */
export type Certified = (user: string, device: string) => Promise<Certificate | null>;

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const form = new RegExp(`^(${uuid})/(${uuid})/(${uuid})$`);

export function encodeIdentity({ clinic, user, device }: Identity): Bytes {
  return utf8(`${clinic}/${user}/${device}`);
}

/** parseIdentity gives null for anything but three lower-case UUIDs. */
export function parseIdentity(bytes: Uint8Array): Identity | null {
  const found = form.exec(String.fromCharCode(...bytes.subarray(0, 128)));
  if (!found || bytes.length > 128) return null;
  const [, clinic, user, device] = found as unknown as [string, string, string, string];
  return { clinic, user, device };
}
