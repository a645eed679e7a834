import { concat, equal, toBase64, utf8, type Bytes } from "../seal/bytes.ts";
import { sha256 } from "../seal/envelope.ts";
import { encodeBits, grouped, tidy } from "./crockford.ts";
import { exactBase64, uuid } from "./text.ts";

export interface LinkDevice {
  readonly user: string;
  readonly device: string;
  readonly sign: Bytes;
  /** kem_public. */
  readonly kem: Bytes;
}

/** Offer is what an old device shows; keep the secret until the claim comes, some minutes at most. */
export interface Offer {
  readonly user: string;
  readonly device: string;
  readonly account: Bytes;
  readonly secret: Bytes;
}

/** Scanned is what a scanned or typed text means. */
export type Scanned =
  | { readonly kind: "link"; readonly device: string; readonly code: string }
  | { readonly kind: "code"; readonly code: string }
  | { readonly kind: "offer"; readonly offer: Offer };

const codeLabel = "wardline link v1\0";
const claimLabel = "wardline claim v1\0";
const linkPrefix = "wardline:link:1:";
const offerPrefix = "wardline:offer:1:";
const codeBits = 60;
const codeLetters = codeBits / 5;

async function bareCode({ user, device, sign, kem }: LinkDevice): Promise<string> {
  return encodeBits(await sha256(utf8(codeLabel), utf8(user), utf8(device), sign, kem), codeBits);
}

/** linkCode is what a pending device shows: XXXX-XXXX-XXXX. */
export async function linkCode(device: LinkDevice): Promise<string> {
  return grouped(await bareCode(device));
}

export async function linkQr(device: LinkDevice): Promise<string> {
  return `${linkPrefix}${device.device}:${await bareCode(device)}`;
}

/** matches tells whether a pending device has the scanned or typed code; an offer matches nothing. */
export async function matches(scanned: Scanned, device: LinkDevice): Promise<boolean> {
  if (scanned.kind === "offer" || (scanned.kind === "link" && scanned.device !== device.device)) return false;
  return scanned.code === (await bareCode(device));
}

export function newOffer(user: string, device: string, account: Bytes): Offer {
  return { user, device, account, secret: crypto.getRandomValues(new Uint8Array(32)) };
}

export function offerQr({ user, device, account, secret }: Offer): string {
  return `${offerPrefix}${user}:${device}:${toUrl(account)}:${toUrl(secret)}`;
}

/** parseScanned gives null for what is nothing of ours. */
export function parseScanned(text: string): Scanned | null {
  const found = text.trim();
  if (found.startsWith(linkPrefix)) return parseLink(found.slice(linkPrefix.length).split(":"));
  if (found.startsWith(offerPrefix)) return parseOffer(found.slice(offerPrefix.length).split(":"));
  const code = codeOf(found);
  return code ? { kind: "code", code } : null;
}

function parseLink([device = "", text = "", ...more]: string[]): Scanned | null {
  const code = codeOf(text);
  return code && uuid.test(device) && more.length === 0 ? { kind: "link", device, code } : null;
}

function parseOffer([user = "", device = "", ...keys]: string[]): Scanned | null {
  const [account, secret] = keys.map(fromUrl);
  if (!uuid.test(user) || !uuid.test(device) || !account || !secret || keys.length !== 2) return null;
  return { kind: "offer", offer: { user, device, account, secret } };
}

function codeOf(text: string): string | null {
  const code = tidy(text);
  return code?.length === codeLetters ? code : null;
}

function toUrl(bytes: Bytes): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromUrl(text: string): Bytes | null {
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) return null;
  return exactBase64(`${text.replaceAll("-", "+").replaceAll("_", "/")}=`, 32);
}

/** claimMac proves to the old device that the new one saw its offer. */
export async function claimMac(secret: Bytes, { device, sign, kem }: LinkDevice): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const claim = concat(utf8(claimLabel), utf8(device), sign, kem);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, claim));
}

/** checkClaim compares hashes, so that the time taken tells nothing of the right value. */
export async function checkClaim(secret: Bytes, device: LinkDevice, mac: Bytes): Promise<boolean> {
  const [right, given] = await Promise.all([sha256(await claimMac(secret, device)), sha256(mac)]);
  return equal(right, given);
}
