import { utf8, type Bytes } from "../seal/bytes.ts";
import { sha256 } from "../seal/envelope.ts";
import { exactBase64, hex, readJson, uuid } from "./text.ts";

export type Act = "account" | "device" | "revoke" | "reset";

/** Entry is the body of a device log entry: exactly these fields, in any order. */
export interface Entry {
  readonly v: 1;
  readonly clinic: string;
  readonly user: string;
  readonly n: number;
  readonly prev: string;
  readonly act: Act;
  readonly account: string;
  readonly device: string;
  /** base64; of revoke the device's, or "". */
  readonly sign: string;
  readonly kem: string;
  readonly at: string;
}

export const signLabel = "wardline device log v1\0";
const hashLabel = "wardline device log entry v1\0";
const maxBody = 4_096;
const fields = ["account", "act", "at", "clinic", "device", "kem", "n", "prev", "sign", "user", "v"];

export async function entryHash(body: Bytes, sig: Bytes): Promise<string> {
  return hex(await sha256(utf8(hashLabel), body, sig));
}

/**
 * readEntry gives null for anything malformed. Other fields than these are refused, since two parsers
 * might disagree about them.
 */
export function readEntry(body: Bytes): Entry | null {
  const found = body.length <= maxBody ? readJson(body) : null;
  if (!found || Object.keys(found).sort().join() !== fields.join()) return null;
  const entry = found as unknown as Entry;
  const good = found["v"] === 1 && isWhose(entry) && isPlace(entry) && isAct(found["act"]) && areKeys(entry);
  return good ? entry : null;
}

function isWhose({ clinic, user, device }: Entry): boolean {
  return [clinic, user, device].every((one) => typeof one === "string" && uuid.test(one));
}

function isPlace({ n, prev, at }: Entry): boolean {
  const numbered = Number.isSafeInteger(n) && n >= 1 && typeof prev === "string" && /^([0-9a-f]{64})?$/.test(prev);
  return numbered && typeof at === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(at);
}

function isAct(act: unknown): act is Act {
  return act === "account" || act === "device" || act === "revoke" || act === "reset";
}

function areKeys({ act, account, sign, kem }: Entry): boolean {
  if (!exactBase64(account, 32)) return false;
  const needed = [sign, kem].filter((key) => act !== "revoke" || key !== "");
  return needed.every((key) => exactBase64(key, 32) !== null);
}
