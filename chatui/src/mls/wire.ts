import { decodeKeyPackage, decodeMlsMessage, encodeMlsMessage, type KeyPackage, type MLSMessage } from "./lib.ts";
import { MlsError } from "./mlsError.ts";
import { suiteName } from "./suite.ts";
import type { Bytes } from "../seal/bytes.ts";

/** Largest message, commit, Welcome or package that is looked at. */
const maxBytes = 512 * 1024;

type Kind = MLSMessage["wireformat"];

export function encodeWire(message: MLSMessage): Bytes {
  return encodeMlsMessage(message) as Bytes;
}

/** decodeWire takes exactly one MLSMessage of the expected kind, to its last byte. */
export function decodeWire<K extends Kind>(bytes: Uint8Array, kind: K): Extract<MLSMessage, { wireformat: K }> {
  const message = whole(bytes, decodeMlsMessage);
  if (message.wireformat !== kind) throw new MlsError("format", `not ${kind}`);
  if (message.version !== "mls10") throw new MlsError("format", "version");
  return message as Extract<MLSMessage, { wireformat: K }>;
}

/** decodePackage takes an MLSMessage with a KeyPackage, or a bare one; their first four bytes differ. */
export function decodePackage(bytes: Uint8Array): KeyPackage {
  const framed = bytes.length > 4 && bytes[2] === 0 && bytes[3] === 5;
  const found = framed ? decodeWire(bytes, "mls_key_package").keyPackage : whole(bytes, decodeKeyPackage);
  if (found.version !== "mls10" || found.cipherSuite !== suiteName) throw new MlsError("format", "suite");
  return found;
}

export function whole<T>(bytes: Uint8Array, decode: (bytes: Uint8Array, offset: number) => [T, number] | undefined): T {
  if (bytes.length > maxBytes) throw new MlsError("format", "too large");
  const copy = bytes.slice();
  const found = attempt(() => decode(copy, 0));
  if (!found || found[1] !== copy.length) throw new MlsError("format", "malformed");
  return found[0];
}

// The library's decoders answer malformed input by undefined or by throwing one of several errors.
function attempt<T>(run: () => T | undefined): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
