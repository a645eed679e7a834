import type { Bytes } from "../seal/bytes.ts";

export interface LinkDevice {
  readonly user: string;
  readonly device: string;
  readonly sign: Bytes;
  readonly kem: Bytes;
}

/** linkCode is what a pending device shows: XXXX-XXXX-XXXX. */
export declare function linkCode(device: LinkDevice): Promise<string>;
export declare function linkQr(device: LinkDevice): Promise<string>;

/** Offer is what an old device shows; keep the secret until the claim comes, some minutes at most. */
export interface Offer {
  readonly user: string;
  readonly device: string;
  readonly account: Bytes;
  readonly secret: Bytes;
}

export declare function newOffer(user: string, device: string, account: Bytes): Offer;
export declare function offerQr(offer: Offer): string;

/** Scanned is what a scanned or typed text means; null: nothing of ours. */
export type Scanned =
  | { readonly kind: "link"; readonly device: string; readonly code: string }
  | { readonly kind: "code"; readonly code: string }
  | { readonly kind: "offer"; readonly offer: Offer };
export declare function parseScanned(text: string): Scanned | null;

/** matches tells whether a pending device has the scanned or typed code. */
export declare function matches(scanned: Scanned, device: LinkDevice): Promise<boolean>;

export declare function claimMac(secret: Bytes, device: LinkDevice): Promise<Bytes>;
export declare function checkClaim(secret: Bytes, device: LinkDevice, mac: Bytes): Promise<boolean>;
