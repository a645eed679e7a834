import type { Bytes } from "../seal/bytes.ts";
import type { Identity, Self } from "./leaf.ts";

/** NewPackage is a key package just made. */
export interface NewPackage {
  /** Hex of the KeyPackageRef (RFC 9420 section 5.2): the key to store `secret` under. */
  readonly ref: string;
  /** For the hub: MLSMessage with a KeyPackage. */
  readonly body: Bytes;
  /** For this device's store only: everything join needs, private keys included. */
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

/** newKeyPackages makes `count` packages of this device, valid for 28 days. */
export declare function newKeyPackages(self: Self, count: number, lastResort: boolean): Promise<NewPackage[]>;

/** readKeyPackage verifies a package's form, suite and signatures; it does not ask whether the device is certified. */
export declare function readKeyPackage(body: Bytes): Promise<PackageFacts>;

/** refsOf tells which packages a Welcome is for. */
export declare function refsOf(welcome: Bytes): string[];
